// SPDX-License-Identifier: GPL-3.0-or-later
// A made-up job for tests: dose-symmetric series with drift, failures, doubts and hostile names.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/report/motion_report.h"

namespace gimbal {

struct ExampleSize {
  int series = 3;
  int movies = 41;
  int frames = 8;
  bool pictures = true;
  bool trouble = true;  // failed, skipped and doubtful movies
};

MotionJobReport example_report(const ExampleSize& size);

// A low-dose image with gold beads and a membrane, and amplitudes with Thon rings.
Image<float> example_sum(int n, double angle_deg, std::uint64_t seed);
Image<float> example_spectrum(int n, double pixel_A, double defocus_A, std::uint64_t seed);

}  // namespace gimbal
