// SPDX-License-Identifier: GPL-3.0-or-later
// Aligns tilt series by their gold beads, with the library alone:
//   align_beads MotionCorr/job002/corrected_tilt_series.star 10
#include <gimbal/core/error.h>
#include <gimbal/data/alignment_star.h>
#include <gimbal/data/tilt_series.h>
#include <gimbal/tilt/align.h>

#include <cstdio>
#include <cstdlib>

// The images of a series, and what is known of them before they are aligned.
static gimbal::tilt::Stack load(const gimbal::TiltSeries& series) {
  gimbal::tilt::Stack stack;
  stack.full_pixel_A = image_pixel_A(series);
  stack.nominal_axis_deg = series.tilts.front().nominal_axis_deg();
  std::vector<gimbal::tilt::ImageSource> images;
  for (const gimbal::Tilt& tilt : series.tilts) {
    stack.tilts.push_back({tilt.key(), tilt.nominal_angle_deg(), tilt.pre_exposure_e_A2()});
    images.push_back(gimbal::tilt::image_source(tilt));
  }
  load_images(stack, images, gimbal::tilt::working_binning(stack.full_pixel_A));
  return stack;
}

int main(int argc, char** argv) try {
  if (argc != 3) return std::puts("usage: align_beads TILT_SERIES.star GOLD_NM"), EXIT_FAILURE;
  gimbal::tilt::AlignOptions options;
  options.method = "fiducials";
  options.gold_nm = std::atof(argv[2]);
  for (const gimbal::TiltSeries& series : gimbal::read_tilt_series(argv[1]).series) {
    const gimbal::Alignment found = align(load(series), options, nullptr);
    std::printf("%s: score %.2f, leave-out error %.2f A, %zu beads\n", series.name().c_str(),
                found.score, found.leave_out_px * found.pixel_A, found.tracks.size());
  }
} catch (const gimbal::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}
