// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/tilt/align.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

void check_words_or_angle(const std::string& name, const std::string& text,
                          const std::vector<std::string>& words, double limit_deg) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return;
  const auto angle = parse_double(text);
  if (angle && std::abs(*angle) <= limit_deg) return;
  throw UsageError(fmt::format("--{} is '{}', but must be {}, or degrees between -{} and {}", name,
                               text, fmt::join(words, ", "), limit_deg, limit_deg));
}

void describe_solution(AlignOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Solution");
  group.add("tilt_axis", o.tilt_axis,
            {.help = "Tilt axis from +Y, counter-clockwise: degrees, or 'unknown' to find it from "
                     "nothing; empty: what the tilt series says, corrected by the images",
             .unit = "deg"});
  group.add(
      "tilt_angle_offset", o.tilt_angle_offset,
      {.help = "Levelling of the specimen, carried by the angles: 'auto' finds its tilt about Y "
               "and X, 'none' leaves it as it is, a number is added to all tilt angles",
       .unit = "deg"});
  const std::vector<std::string> per_tilt{"auto", "no", "yes"};
  group.add("refine_rotation", o.refine_rotation,
            {.help = "Rotation of each tilt on its own, instead of one axis for all",
             .choices = per_tilt});
  group.add("refine_tilt", o.refine_tilt, {.help = "Tilt angle of each tilt", .choices = per_tilt});
  group.add("refine_magnification", o.refine_magnification,
            {.help = "Magnification of each tilt", .choices = per_tilt});
  group.add("deformation", o.deformation,
            {.help = "Smooth change of the specimen's shape with dose", .choices = per_tilt});
}

}  // namespace

void describe(AlignOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Method");
  group.add("method", o.method,
            {.help = "How to align; 'auto' uses what works and says why, 'import' takes over an "
                     "alignment made elsewhere (--from), the last three run IMOD or AreTomo",
             .choices = {"auto", "fiducials", "patches", "projection", "import", "imod_fiducials",
                         "imod_patches", "aretomo"}});
  group.add("gold_nm", o.gold_nm,
            {.help = "Diameter of the gold beads",
             .unit = "nm",
             .min = 1,
             .max = 200,
             .aliases = {"fiducial_diameter"}});
  group.add("patch_nm", o.patch_nm,
            {.help = "Side of the patches",
             .unit = "nm",
             .min = 5,
             .max = 10000,
             .aliases = {"patch_size"}});
  group.add("patch_overlap", o.patch_overlap,
            {.help = "Overlap of neighbouring patches", .unit = "%", .min = 0, .max = 95});
  group.add("thickness_nm", o.thickness_nm,
            {.help = "Thickness of the specimen; 0: found from the images",
             .unit = "nm",
             .min = 0,
             .max = 10000});
  group.add("tomogram_thickness", o.tomogram_thickness,
            {.help = "Thickness of the tomogram: the specimen is looked for within it",
             .unit = "nm",
             .min = 1,
             .max = 10000});
  describe_solution(o, t);
}

void check(const AlignOptions& options) {
  if (!options.tilt_axis.empty())
    check_words_or_angle("tilt_axis", options.tilt_axis, {"unknown"}, 360.0);
  check_words_or_angle("tilt_angle_offset", options.tilt_angle_offset, {"auto", "none"}, 60.0);
}

void set_axis(Stack& stack, const AlignOptions& options) {
  if (options.tilt_axis == "unknown")
    stack.axis_known = false;
  else if (const auto axis = parse_double(options.tilt_axis))
    stack.nominal_axis_deg = *axis, stack.axis_known = true;
}

}  // namespace gimbal::tilt
