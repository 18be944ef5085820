// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_movie.h"

#include "motion_external.h"

#include "gimbal/core/parallel.h"
#include "gimbal/data/movie_star.h"
#include "gimbal/io/file.h"
#include "gimbal/motion/accumulated_motion.h"
#include "gimbal/motion/frame_dose.h"
#include "gimbal/report/thumbnail.h"

#include <algorithm>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

std::vector<Pixel> filled_pixels(const OutlierPixels& found) {
  std::vector<Pixel> pixels = found.hot;
  pixels.insert(pixels.end(), found.dead.begin(), found.dead.end());
  std::sort(pixels.begin(), pixels.end(),
            [](const Pixel& a, const Pixel& b) { return a.y != b.y ? a.y < b.y : a.x < b.x; });
  return pixels;
}

int count_masked(const DefectMask& mask) {
  int n = 0;
  for (int y = 0; y < mask.ny(); ++y)
    n += static_cast<int>(std::count_if(mask.row(y), mask.row(y) + mask.nx(),
                                        [](std::uint8_t bad) { return bad != 0; }));
  return n;
}

void fill_report(MovieReport& report, const Movie& movie, const MotionResult& result,
                 double early_dose_e_A2) {
  const double pixel_A = movie.pixel_A;
  report.status = MovieStatus::done;
  for (const Shift& shift : result.motion.global) {
    report.shift_x_A.push_back(shift.x * pixel_A);
    report.shift_y_A.push_back(shift.y * pixel_A);
  }
  for (const double error : result.shift_error_px) report.shift_error_A.push_back(error * pixel_A);
  const auto length = accumulated_motion(result.motion, movie, early_dose_e_A2);
  report.total_motion_A = length.total_A;
  report.early_motion_A = length.early_A;
  report.late_motion_A = length.late_A;
  report.local_rms_A = result.local_rms_px * pixel_A;
  report.local_decision = result.local_decision;
  report.hot_pixels = static_cast<int>(result.outliers.hot.size());
  report.dead_pixels = static_cast<int>(result.outliers.dead.size());
  report.mean_counts_per_px = result.mean_counts_per_px;
  for (const auto& finding : result.findings)
    if (finding.severity != Severity::note) report.warnings.push_back(finding.text);
}

void show_spectrum(MovieReport& report, const MotionResult& result) {
  if (result.power_spectrum.empty()) return;
  auto spectrum = spectrum_thumbnail(result.power_spectrum, result.power_spectrum_pixel_A);
  report.spectrum_jpeg = std::move(spectrum.jpeg);
  report.spectrum_edge_A = spectrum.edge_A;
}

StarDocument star_of(const MotionItem& item, const StackInfo& info, const MotionResult& result,
                     const MotionOptions& options, const JobDetector& detector) {
  MovieMetadata metadata;
  metadata.movie = item.movie;
  metadata.n_frames = info.n_frames;
  metadata.gain = detector.gain_name();
  if (!options.skip_defect) metadata.defect_file = options.defect_file;
  metadata.bin_factor = options.bin_factor;
  if (is_eer(info)) metadata.eer = EerRendering{options.eer_grouping, options.eer_upsampling};
  metadata.motion = result.motion;
  if (!options.skip_defect) metadata.bad_pixels = filled_pixels(result.outliers);
  return movie_star(metadata);
}

}  // namespace

void remove_outputs(const MotionItem& item) {
  fs::remove(item.files.star);  // first: without it nothing counts as complete
  for (const auto& file : possible_motion_files(item.root)) fs::remove(file);
}

void correct_item(MotionItem& item, const MotionWork& work) {
  const MotionSettings& settings = work.settings;
  const MotionOptions& options = settings.motion;
  remove_outputs(item);
  const auto reader = open_frames(item.movie.path, {options.eer_grouping, options.eer_upsampling});
  const StackInfo& info = reader->info();
  item.movie.dose_per_frame_e_A2 = frame_dose_e_A2(options, item.tilt_dose_e_A2, info);
  const DetectorData& data = work.detector.fitting(info);
  MotionResult result;
  std::string program_log;
  if (settings.motioncor.use) {
    auto [found, said] = motioncor(item, settings, *reader, work.detector, work.gpus, work.stop);
    result = std::move(found);
    program_log = "\n" + std::move(said);
  } else {
    result = correct_motion(item.movie, *reader, data, options);
  }
  const Findings read = reader->findings();
  result.findings.insert(result.findings.begin(), read.begin(), read.end());
  parallel_do({[&] { write_images(item.files, result, options); },
               [&] { item.report.sum_jpeg = sum_thumbnail(result.sum); },
               [&] { show_spectrum(item.report, result); }});
  write_text_atomically(item.files.log,
                        motion_log(item.movie, info, item.files, result, options) + program_log,
                        Survive::kill);
  fill_report(item.report, item.movie, result, settings.early_dose_e_A2);
  item.report.nx = info.nx;
  item.report.ny = info.ny;
  item.report.masked_pixels = count_masked(data.defects);
  complete(item, star_text(star_of(item, info, result, options, work.detector)));
}

}  // namespace gimbal::app
