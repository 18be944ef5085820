// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/output.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/version.h"
#include "gimbal/io/mrc.h"

#include <array>
#include <cmath>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& root, const char* suffix) {
  return root.string() + suffix;
}

std::string frame_list(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += fmt::format(" {}", i);
  return text;
}

std::string outlier_text(const MotionResult& result, const MotionOptions& options) {
  const auto& found = result.outliers;
  std::string text =
      fmt::format("In unaligned sum, Mean = {:.6g} Std = {:.6g} Hotpixel threshold = {:.6g}\n",
                  found.mean, found.deviation, found.hot_threshold);
  text += fmt::format("Detected {} hot and {} dead pixels.\n", found.hot.size(), found.dead.size());
  text += options.skip_defect ? "Pixels were not corrected (--skip_defect).\n"
                              : "Filled them, and those given, from good neighbours.\n";
  return text;
}

std::string shift_text(const MotionResult& result) {
  const auto& motion = result.motion;
  std::string text = "\nGlobal alignment (shift applied to each frame, in pixels of the movie):\n";
  for (int i = 0; i < motion.n_frames(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    text += fmt::format(" Frame {:4}: X = {:9.4f} Y = {:9.4f}", motion.first_frame + i + 1,
                        motion.global[at].x, motion.global[at].y);
    if (at < result.shift_error_px.size())
      text += fmt::format(" +- {:.4f}", result.shift_error_px[at]);
    text += '\n';
  }
  text += "\nLocal alignments:\n";
  text += result.motion.local
              ? fmt::format("A local model is used: RMS = {:.4f} px\n", result.local_rms_px)
              : std::string("No local model is used.\n");
  if (!result.local_decision.empty()) text += result.local_decision + '\n';
  return text;
}

std::string written_text(const MotionFiles& files, const MotionResult& result) {
  std::string text = "\n";
  const auto add = [&](const char* what, const fs::path& path) {
    if (!path.empty()) text += fmt::format("Written {} to {}\n", what, path.string());
  };
  if (!files.power_spectrum.empty())
    text +=
        fmt::format("The pixel size for CTF estimation: {:.6g}\n", result.power_spectrum_pixel_A);
  add("the power spectrum for CTF estimation", files.power_spectrum);
  add(files.plain_sum.empty() ? "the aligned sum" : "the aligned and dose-weighted sum", files.sum);
  add("the aligned but non-dose weighted sum", files.plain_sum);
  add("the aligned but non-dose weighted sum of even frames (1, 3, ...)", files.even);
  add("the aligned but non-dose weighted sum of odd frames (2, 4, ...)", files.odd);
  return text;
}

}  // namespace

std::vector<fs::path> MotionFiles::wanted() const {
  std::vector<fs::path> paths;
  for (const auto* path : {&sum, &plain_sum, &even, &odd, &power_spectrum, &log, &record, &star})
    if (!path->empty()) paths.push_back(*path);
  return paths;
}

MotionFiles motion_files(const fs::path& root, const MotionOptions& options) {
  MotionFiles files;
  files.sum = with_suffix(root, ".mrc");
  if (options.dose_weighting && options.save_noDW) files.plain_sum = with_suffix(root, "_noDW.mrc");
  if (options.even_odd_split) {
    files.even = with_suffix(root, "_EVN.mrc");
    files.odd = with_suffix(root, "_ODD.mrc");
  }
  if (options.grouping_for_ps > 0) files.power_spectrum = with_suffix(root, "_PS.mrc");
  files.log = with_suffix(root, ".log");
  files.record = with_suffix(root, ".json");
  files.star = with_suffix(root, ".star");
  return files;
}

std::vector<fs::path> possible_motion_files(const fs::path& root) {
  MotionOptions everything;
  everything.dose_weighting = everything.save_noDW = everything.even_odd_split = true;
  everything.grouping_for_ps = 1;
  return motion_files(root, everything).wanted();
}

void write_images(const MotionFiles& files, const MotionResult& result,
                  const MotionOptions& options) {
  struct Output {
    const fs::path* path;
    const Image<float>* image;
    const char* what;
    MrcMode mode;
    double pixel_A;
  };
  const MrcMode mode = options.float16 ? MrcMode::float16 : MrcMode::float32;
  const std::array<Output, 5> outputs{{
      {&files.sum, &result.sum, "sum of aligned frames", mode, result.sum_pixel_A},
      {&files.plain_sum, &result.plain_sum, "sum of aligned frames", mode, result.sum_pixel_A},
      {&files.even, &result.even, "sum of aligned frames 1, 3, ...", mode, result.sum_pixel_A},
      {&files.odd, &result.odd, "sum of aligned frames 2, 4, ...", mode, result.sum_pixel_A},
      {&files.power_spectrum, &result.power_spectrum, "amplitude spectrum of aligned frames",
       MrcMode::float32, result.power_spectrum_pixel_A},
  }};
  parallel_for(static_cast<int>(outputs.size()), [&](int i) {
    const Output& output = outputs[static_cast<std::size_t>(i)];
    if (output.path->empty()) return;
    MrcWriteOptions write;
    write.mode = output.mode;
    write.pixel_A = output.pixel_A;
    write.labels = {fmt::format("gimbal {}: {}", version, output.what)};
    write.survive = Survive::kill;
    write_mrc(*output.path, *output.image, write);
  });
}

std::string motion_log(const Movie& movie, const StackInfo& info, const MotionFiles& files,
                       const MotionResult& result, const MotionOptions& options) {
  const auto& motion = result.motion;
  const int first = motion.first_frame + 1, last = motion.first_frame + motion.n_frames();
  std::string text = fmt::format("Working on {} with gimbal {}.\n\n", movie.path.string(), version);
  text += fmt::format("{}\nMovie size: X = {} Y = {} N = {}\n", info.format, info.nx, info.ny,
                      info.n_frames);
  text += fmt::format("Frames to be used:{}\n", frame_list(first, last));
  text += fmt::format("Frame grouping: n_frames = {}, requested group size = {}\n\n",
                      motion.n_frames(), options.group_frames);
  text += outlier_text(result, options);
  if (result.sum.size() != motion.size)
    text +=
        fmt::format("Image size after binning: X = {} Y = {}\n", result.sum.nx(), result.sum.ny());
  if (options.dose_weighting)
    text += fmt::format("Pre-exposure = {:.6g} e/A^2, dose per frame = {:.6g} e/A^2\n",
                        movie.pre_exposure_e_A2, movie.dose_per_frame_e_A2);
  text += shift_text(result);
  for (const auto& finding : result.findings) text += "Warning: " + finding.text + '\n';
  return text + written_text(files, result);
}

}  // namespace gimbal
