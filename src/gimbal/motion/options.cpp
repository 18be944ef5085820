// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/options.h"

#include <algorithm>

namespace gimbal {

void describe(MotionOptions& o, OptionTable& t) {
  const OptionGroup frames(t, "Frames");
  const OptionGroup motion(t, "Motion");
  const OptionGroup detector(t, "Detector");
  const OptionGroup dose(t, "Dose weighting");
  const OptionGroup output(t, "Output");
  frames.add("eer_grouping", o.eer_grouping,
             {.help = "EER: raw frames per fraction; a remainder is discarded", .min = 1});
  frames.add("eer_upsampling", o.eer_upsampling,
             {.help = "EER: 1 renders on the detector's grid (4K), 2 on twice as many pixels (8K)",
              .min = 1,
              .max = 3});
  frames.add("first_frame_sum", o.first_frame_sum,
             {.help = "First frame to use, counted from 1", .min = 0});
  frames.add("last_frame_sum", o.last_frame_sum,
             {.help = "Last frame to use; 0 or less, or more than the movie has: its last one"});
  motion.add(
      "group_frames", o.group_frames,
      {.help = "Average this many consecutive frames before their motion is measured", .min = 1});
  motion.add(
      "bfactor", o.bfactor,
      {.help =
           "B-factor of the first alignment; the last one weights frequencies by the signal found",
       .unit = "px^2",
       .min = 0,
       .max = 100000});
  motion.add(
      "patch_x", o.patch_x,
      {.help = "Patches along x to measure local motion: 1 none, 0 as many as the data can carry",
       .min = 0,
       .max = 64});
  motion.add(
      "patch_y", o.patch_y,
      {.help = "Patches along y to measure local motion: 1 none, 0 as many as the data can carry",
       .min = 0,
       .max = 64});
  motion.add("bin_factor", o.bin_factor,
             {.help = "Binning by Fourier cropping; need not be whole", .min = 1, .max = 64});
  detector.add(
      "gainref", o.gainref,
      {.help = "Gain reference: MRC, TIFF, or .gain; multiplied (inverse gains of EER movies are "
               "recognised)"});
  detector.add(
      "gain_rot", o.gain_rot,
      {.help = "Rotation of the gain in steps of 90 degrees, or auto: found from the movies, "
               "with the flip",
       .choices = {"0", "1", "2", "3", "auto"}});
  detector.add("gain_flip", o.gain_flip,
               {.help = "Flip of the gain after rotation: 0 none, 1 upside down, 2 left to right",
                .min = 0,
                .max = 2});
  detector.add(
      "defect_file", o.defect_file,
      {.help =
           "Defects: text (x y w h), SerialEM's defect file, or a map (MRC, TIFF; not 0 = bad)"});
  detector.add("skip_defect", o.skip_defect,
               {.help = "Neither use a defect file nor look for hot and dead pixels"});
  dose.add("dose_weighting", o.dose_weighting,
           {.help = "Weight frames by their dose (Grant & Grigorieff 2015)"});
  dose.add(
      "dose_per_frame", o.dose_per_frame,
      {.help = "Dose of a frame (EER: of a fraction); 0: from the steps of the pre-exposure in "
               "the tilt series",
       .unit = "e/A^2",
       .min = 0});
  dose.add("preexposure", o.preexposure,
           {.help = "Dose before the first frame, added to that of the tilt series",
            .unit = "e/A^2",
            .min = 0});
  dose.add("save_noDW", o.save_noDW, {.help = "With dose weighting: write the plain sum, too"});
  output.add("float16", o.float16, {.help = "Write sums as 16-bit floats (MRC mode 12)"});
  output.add(
      "even_odd_split", o.even_odd_split,
      {.help = "Write the sums of odd (_ODD: frames 2, 4, ...) and even (_EVN: frames 1, 3, ...) "
               "frames for denoising"});
  output.add("grouping_for_ps", o.grouping_for_ps,
             {.help = "Sum power spectra of groups of this many aligned frames; 0 or less: none"});
  output.add("ps_size", o.ps_size,
             {.help = "Size of the power spectrum; even", .unit = "px", .min = 16, .max = 16384});
}

FrameRange used_frames(const MotionOptions& options, int n_frames) {
  const int first = std::max(1, options.first_frame_sum);
  const int last = options.last_frame_sum <= 0 ? n_frames : options.last_frame_sum;
  if (first > std::min(last, n_frames))
    fail("--first_frame_sum is {}, but the last frame to use is {}", first,
         std::min(last, n_frames));
  return {first - 1, std::min(last, n_frames) - 1, last > n_frames};
}

Findings short_movie(const FrameRange& range, const MotionOptions& options) {
  if (!range.is_short) return {};
  return {
      {Severity::warning, Defect::none,
       fmt::format("--last_frame_sum is {}, but the movie ends with frame {}: it is used to its "
                   "end",
                   options.last_frame_sum, range.last + 1)}};
}

}  // namespace gimbal
