// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/import.h"

namespace gimbal {

void describe(ImportOptions& o, OptionTable& t) {
  const OptionGroup files(t, "Files");
  const OptionGroup optics(t, "Microscope");
  const OptionGroup dose(t, "Dose and geometry");
  files.add("movies", o.movies,
            {.help = "Movies: names or quoted patterns", .aliases = {"tilt_image_movie_pattern"}});
  files.add("mdoc", o.mdoc,
            {.help = "mdoc files of SerialEM or Tomography 5: names or quoted patterns",
             .aliases = {"mdoc_file_pattern"}});
  files.add(
      "table", o.table,
      {.help = "Instead of mdoc files: text, CSV or STAR tables with the columns movie and angle, "
               "and if wanted pre_exposure or dose, order, series, defocus, frames"});
  files.add(
      "angles_from_names", o.angles_from_names,
      {.help = "Instead of mdoc files: series, order and angle are in the names of the movies "
               "(TS_01_012_-36.0.mrc)"});
  files.add("images_are_motion_corrected", o.images_are_motion_corrected,
            {.help = "The files are motion-corrected images, not movies"});
  files.add("prefix", o.prefix, {.help = "Put before the names of all series, with an underscore"});
  optics.add("angpix", o.angpix,
             {.help = "Pixel size of the movies",
              .unit = "A",
              .min = 0.01,
              .max = 1000,
              .aliases = {"nominal_pixel_size"}});
  optics.add("kv", o.kv,
             {.help = "Acceleration voltage",
              .unit = "kV",
              .min = 20,
              .max = 3000,
              .aliases = {"voltage"}});
  optics.add("cs", o.cs,
             {.help = "Spherical aberration",
              .unit = "mm",
              .min = 0,
              .max = 100,
              .aliases = {"spherical_aberration"}});
  optics.add("q0", o.q0,
             {.help = "Fraction of amplitude contrast",
              .min = 0,
              .max = 1,
              .aliases = {"amplitude_contrast"}});
  optics.add(
      "optics_group_name", o.optics_group_name,
      {.help = "Name of the optics group; empty: no such column", .aliases = {"optics_group"}});
  optics.add("mtf_file", o.mtf_file,
             {.help = "Modulation transfer function of the detector (STAR)"});
  dose.add(
      "dose", o.dose,
      {.help = "Dose of each tilt; 0: as the mdoc or table says, or 3 with a warning when it does "
               "not",
       .unit = "e/A^2",
       .min = 0,
       .max = 1000,
       .aliases = {"dose_per_tilt_image"}});
  dose.add(
      "dose_per_movie_frame", o.dose_per_movie_frame,
      {.help = "Dose of each frame, instead of --dose", .unit = "e/A^2", .min = 0, .max = 1000});
  dose.add("tilt_axis", o.tilt_axis,
           {.help = "Nominal tilt axis: angle from the image's Y axis, counter-clockwise",
            .unit = "deg",
            .min = -360,
            .max = 360,
            .aliases = {"nominal_tilt_axis_angle"}});
  dose.add("invert_defocus_handedness", o.invert_defocus_handedness,
           {.help = "rlnTomoHand -1 instead of 1 (RELION's window has this on)"});
}

}  // namespace gimbal
