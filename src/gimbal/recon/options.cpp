// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/options.h"

namespace gimbal::recon {

void describe(ReconOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Reconstruction");
  group.add(
      "filter", o.filter,
      {.help = "Weights of back-projection: 'ramp', by the tilts' own spacing; 'exact', the same "
               "but level where neighbouring tilts no longer overlap (less noise); 'none'",
       .choices = {"ramp", "exact", "none"}});
  group.add(
      "sirt_iterations", o.sirt_iterations,
      {.help = "Weights as after so many iterations of SIRT: few give smooth tomograms of high "
               "contrast; 0: the filter alone",
       .min = 0,
       .max = 100000});
  group.add(
      "filter_thickness", o.filter_thickness_nm,
      {.help = "Thickness of the specimen that the filter counts overlaps with; 0: the tomogram's",
       .unit = "nm",
       .min = 0,
       .max = 10000});
  group.add("no_dose_weighting", o.no_dose_weighting,
            {.help = "Do not weight tilts by their pre-exposure"});
  group.add(
      "ctf", o.ctf,
      {.help = "Flip phases by the CTF of each tilt (rlnDefocusU, V and Angle), with the defocus "
               "changing across the tilt axis"});
  group.add("lowpass", o.lowpass_A,
            {.help = "Damp what is finer than this; 0: up to the voxels' own limit",
             .unit = "A",
             .min = 0,
             .max = 10000});
  group.add("no_deformation", o.no_deformation,
            {.help = "Do not follow the specimen's deformation that the alignment found"});
}

}  // namespace gimbal::recon
