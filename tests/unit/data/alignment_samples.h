// SPDX-License-Identifier: GPL-3.0-or-later
// An alignment with everything in it, and its tilt series.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/data/labels.h"
#include "gimbal/data/tilt_series.h"

#include <fmt/format.h>

#include <cmath>

namespace gimbal::test {

// Dose-symmetric from -3 n to 3 n degrees; rows are in order of acquisition.
inline Alignment sample_alignment(int n = 5, Size2 size = {1024, 767}) {
  Alignment alignment;
  alignment.method = "fiducials";
  alignment.size = size;
  alignment.pixel_A = 5.4;
  for (int i = 0; i < 2 * n + 1; ++i) {
    const int step = (i + 1) / 2 * (i % 2 == 0 ? -1 : 1);
    AlignedTilt tilt;
    tilt.key = fmt::format("frames/TS_01_{:03}_{}.0.mrc", i, 3 * step);
    tilt.nominal_tilt_deg = 3.0 * step;
    tilt.pre_exposure_e_A2 = 3.0 * i;
    tilt.projection = {0.7 - 0.11 * i,
                       3.0 * step + 0.123456789012 * std::sin(i),
                       85.3 + 0.01234567891 * i,
                       {12.3456789012 * std::cos(i), -7.89012345678 * i},
                       1.0 + 0.000123456 * (i - 3)};
    tilt.standard_error = {0.01, 0.02, 0.003, {0.05, 0.06}, 0.0001};
    tilt.score = 0.75;
    tilt.residual_px = 0.5;
    alignment.tilts.push_back(tilt);
  }
  alignment.residual_px = 0.25;
  alignment.leave_out_px = 0.5;
  alignment.score = 0.5;
  alignment.thickness_A = 1500;
  return alignment;
}

inline const std::vector<Vec3>& sample_points() {
  static const std::vector<Vec3> points{{0, 0, 0},     {300, -200, 50},  {-400, 250, -60},
                                        {100, 350, 5}, {-250, -300, 90}, {1, 2, -100}};
  return points;
}

inline void add_tracks(Alignment& alignment) {
  for (const Vec3 point : sample_points()) {
    Track track;
    track.point_px = point;
    for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
      Observation seen;
      seen.tilt = static_cast<int>(i);
      seen.position_px = project(alignment.tilts[i].projection, point, alignment.size);
      track.observations.push_back(seen);
    }
    alignment.tracks.push_back(track);
  }
}

inline TiltSeries sample_series(const Alignment& alignment, const std::string& name = "TS_01") {
  TiltSeries series;
  series.global.set(label::tomo_name, name);
  series.global.set(label::voltage, 300.0);
  series.global.set(label::original_pixel, alignment.pixel_A);
  series.global.set(label::tilt_series_pixel, alignment.pixel_A);
  for (const auto& tilt : alignment.tilts) {
    Tilt& row = series.tilts.emplace_back();
    row.set(label::movie_name, tilt.key);
    row.set(label::nominal_angle, tilt.nominal_tilt_deg);
    row.set(label::pre_exposure, tilt.pre_exposure_e_A2);
  }
  return series;
}

// The same series before it was aligned.
inline Alignment without_projections(const Alignment& alignment) {
  Alignment blank;
  blank.size = alignment.size;
  blank.pixel_A = alignment.pixel_A;
  for (const auto& tilt : alignment.tilts) {
    AlignedTilt& empty = blank.tilts.emplace_back();
    empty.key = tilt.key;
    empty.nominal_tilt_deg = tilt.nominal_tilt_deg;
    empty.pre_exposure_e_A2 = tilt.pre_exposure_e_A2;
  }
  return blank;
}

// Largest difference of positions over the sample points and all used tilts.
inline double distance_px(const Alignment& a, const Alignment& b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < a.tilts.size(); ++i)
    for (const Vec3 point : sample_points())
      if (b.tilts[i].state == TiltState::used)
        worst = std::max(worst, length(project(a.tilts[i].projection, point, a.size) -
                                       project(b.tilts[i].projection, point, b.size)));
  return worst;
}

}  // namespace gimbal::test
