// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_external.h"

#include "external_program.h"

#include "gimbal/core/text.h"
#include "gimbal/data/serialem_defects.h"
#include "gimbal/io/file.h"
#include "gimbal/io/motioncor.h"
#include "gimbal/motion/frame_dose.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

fs::path work_folder(const MotionItem& item) {
  return fs::path(item.root.string() + "_motioncor");
}

bool is_tiff(const fs::path& movie) {
  const std::string extension = to_lower(movie.extension().string());
  return extension == ".tif" || extension == ".tiff";
}

MotioncorBatch batch_of(const MotionItem& item, const MotionSettings& settings,
                        const StackInfo& info, const JobDetector& detector,
                        const fs::path& folder) {
  const MotionOptions& motion = settings.motion;
  const FrameRange range = used_frames(motion, info.n_frames);
  MotioncorBatch batch;
  batch.movie = item.movie.path;
  batch.output = folder / "sum.mrc";
  batch.tiff = is_tiff(item.movie.path);
  if (is_eer(info)) {
    batch.eer_fractions = folder / "fractions.txt";
    batch.eer_sampling = motion.eer_upsampling;
    write_text_atomically(batch.eer_fractions,
                          eer_fraction_text(info.n_frames, motion.eer_grouping,
                                            item.movie.dose_per_frame_e_A2 / motion.eer_grouping),
                          Survive::kill);
  }
  batch.bfactor = motion.bfactor;
  batch.pixel_A = item.movie.pixel_A;
  batch.patch_x = motion.patch_x;
  batch.patch_y = motion.patch_y;
  batch.group = motion.group_frames;
  batch.gain = detector.gain_name();
  if (!motion.skip_defect && !motion.defect_file.empty())
    (to_lower(motion.defect_file).ends_with(".txt") ? batch.defect_file : batch.defect_map) =
        motion.defect_file;
  batch.archive = settings.motioncor.archive;
  batch.throw_first = range.first;
  batch.throw_last = info.n_frames - 1 - range.last;
  batch.bin_factor = motion.bin_factor;
  batch.dose_weighting = motion.dose_weighting;
  batch.voltage_kV = item.movie.voltage_kV;
  batch.dose_per_frame_e_A2 = item.movie.dose_per_frame_e_A2;
  batch.pre_exposure_e_A2 = item.movie.pre_exposure_e_A2;
  batch.split = motion.even_odd_split;
  return batch;
}

// An image that the program should have written.
Image<float> image_from(const fs::path& path, const StackInfo& movie, double bin_factor) {
  if (!fs::exists(path)) fail("the program ended well, but did not write {}", path.string());
  Image<float> image = read_image(path);
  const auto fits = [&](int n, int full) { return std::abs(n - full / bin_factor) <= 2.0; };
  if (!fits(image.nx(), movie.nx) || !fits(image.ny(), movie.ny))
    fail("{} has {} x {} px, which does not go with a movie of {} x {} px binned by {:g}",
         path.string(), image.nx(), image.ny(), movie.nx, movie.ny, bin_factor);
  for (int y = 0; y < image.ny(); ++y)
    for (const float value : image.view().row_span(y))
      if (!std::isfinite(value)) fail("{} holds NaN or infinite values", path.string());
  return image;
}

fs::path with_ending(const fs::path& path, const char* ending) {
  return path.parent_path() / (path.stem().string() + ending + path.extension().string());
}

void read_images(MotionResult& result, const MotioncorBatch& batch, const StackInfo& movie) {
  const auto get = [&](const char* ending) {
    return image_from(with_ending(batch.output, ending), movie, batch.bin_factor);
  };
  Image<float> plain = get("");
  if (batch.dose_weighting) {
    result.sum = get("_DW");
    result.plain_sum = std::move(plain);
  } else {
    result.sum = std::move(plain);
  }
  if (!batch.split) return;
  result.even = get("_EVN");
  result.odd = get("_ODD");
}

void read_motion(MotionResult& result, const std::string& log, const std::string& source,
                 const StackInfo& movie, const FrameRange& range) {
  const auto shifts = parse_motioncor_shifts(log, source);
  const int n_used = range.last - range.first + 1;
  if (static_cast<int>(shifts.size()) != n_used)
    fail("{} has shifts of {} frames, but {} are used", source, shifts.size(), n_used);
  result.motion.size = {movie.nx, movie.ny};
  result.motion.first_frame = range.first;
  for (const Vec2& shift : shifts)
    result.motion.global.push_back({shift.x - shifts.front().x, shift.y - shifts.front().y});
  const bool absurd = std::any_of(shifts.begin(), shifts.end(), [&](const Vec2& shift) {
    return std::abs(shift.x) > movie.nx || std::abs(shift.y) > movie.ny;
  });
  if (absurd) fail("{} has shifts that are larger than the frames", source);
}

double mean_of(View<const float> image) {
  double sum = 0.0;
  for (int y = 0; y < image.ny(); ++y)
    for (const float value : image.row_span(y)) sum += value;
  return sum / static_cast<double>(image.count());
}

}  // namespace

void check(const MotioncorSettings& external, const MotionOptions& motion) {
  static const std::set<std::string> ours{"-inmrc",  "-intiff", "-ineer",
                                          "-outmrc", "-gpu",    "-serial"};
  for (const auto& word : shell_words(external.arguments)) {
    const std::string option = to_lower(word);
    if (option == "-rotgain" || option == "-flipgain")
      throw UsageError(
          fmt::format("--other_motioncor2_args: {} is --gain_rot and --gain_flip here", word));
    if (ours.count(option) > 0)
      throw UsageError(
          fmt::format("--other_motioncor2_args: {} is set by gimbal for each movie", word));
  }
  gpu_groups(external.gpu);
  if (motion.defect_file.empty() || motion.skip_defect) return;
  if (to_lower(motion.defect_file).ends_with(".txt") && fs::exists(motion.defect_file) &&
      is_serialem_defect_list(read_text(motion.defect_file)))
    throw UsageError(fmt::format(
        "--defect_file {}: MotionCor2 does not read SerialEM's defect files; make a map of it "
        "(IMOD: clip defect -D), or use gimbal's own method",
        motion.defect_file));
}

MotioncorResult motioncor(const MotionItem& item, const MotionSettings& settings,
                          const FrameReader& reader, JobDetector& detector, GpuPool& gpus,
                          const std::function<bool()>& stop) {
  const MotioncorSettings& external = settings.motioncor;
  const StackInfo& info = reader.info();
  const fs::path folder = work_folder(item);
  fs::remove_all(folder);
  fs::create_directories(folder);
  MotioncorBatch batch = batch_of(item, settings, info, detector, folder);
  const fs::path log = folder / "log.txt";
  gpus.with([&](const std::string& gpu) {
    batch.gpu = gpu;
    auto words = motioncor_command(external.program, batch);
    const auto others = shell_words(external.arguments);
    words.insert(words.end(), others.begin(), others.end());
    run_external({words, log, 60.0 * external.time_limit_min, stop});
  });
  MotionResult result;
  const FrameRange used = used_frames(settings.motion, info.n_frames);
  result.findings = short_movie(used, settings.motion);
  read_motion(result, read_text(log), log.string(), info, used);
  read_images(result, batch, info);
  // Dose weighting changes the mean.
  result.mean_counts_per_px =
      mean_of(result.plain_sum.empty() ? result.sum : result.plain_sum) / result.motion.n_frames();
  if (!settings.motion.save_noDW) result.plain_sum = {};
  result.sum_pixel_A = item.movie.pixel_A * settings.motion.bin_factor;
  result.local_decision = fmt::format("local motion as {} found it is in the images only",
                                      fs::path(external.program).filename().string());
  if (settings.motion.grouping_for_ps > 0)
    add_power_spectrum(item.movie, reader, detector.fitting(info), settings.motion, result);
  MotioncorResult all{std::move(result), read_text(log)};
  fs::remove_all(folder);
  return all;
}

}  // namespace gimbal::app
