// SPDX-License-Identifier: GPL-3.0-or-later
#include "example_alignment.h"

#include "gimbal/core/random.h"
#include "gimbal/report/thumbnail.h"

#include <fmt/format.h>

#include <cmath>

namespace gimbal {
namespace {

AlignedTilt example_tilt(int index, int n, Random& random) {
  AlignedTilt tilt;
  tilt.key = fmt::format("frames/tilt_{:02}.mrc", index + 1);
  tilt.nominal_tilt_deg = 3.0 * (index - n / 2);
  tilt.pre_exposure_e_A2 = 3.0 * index;
  tilt.projection.y_tilt_deg = tilt.nominal_tilt_deg + 0.05 * random.normal();
  tilt.projection.z_rot_deg = 85.2 + 0.01 * index;
  tilt.projection.shift_px = {20.0 * std::sin(0.2 * index) + random.normal(),
                              -2.0 * (index - n / 2) + random.normal()};
  tilt.projection.magnification = 1.0 + 0.0003 * random.normal();
  tilt.standard_error.shift_px = {0.05 + 0.002 * index, 0.06};
  tilt.standard_error.y_tilt_deg = 0.02;
  tilt.score = 0.95 - 0.0004 * tilt.nominal_tilt_deg * tilt.nominal_tilt_deg / 3.0;
  tilt.residual_px = 0.15 + 0.1 * random.uniform();
  return tilt;
}

void add_tracks(Alignment& a, int n, Random& random) {
  for (int k = 0; k < n; ++k) {
    Track track;
    track.point_px = {(random.uniform() - 0.5) * 800.0, (random.uniform() - 0.5) * 700.0,
                      k % 2 == 0 ? 60.0 : -60.0};
    for (std::size_t t = 0; t < a.tilts.size(); ++t) {
      if (a.tilts[t].state == TiltState::excluded || (k == 3 && t < 5)) continue;
      Observation seen;
      seen.tilt = static_cast<int>(t);
      seen.residual_px = {0.2 * random.normal(), 0.2 * random.normal()};
      seen.position_px = project(a.tilts[t].projection, track.point_px, a.size) + seen.residual_px;
      if (k == 5 && t == 8) seen.residual_px = {6.0, 4.0}, seen.weight = 0.0;
      track.observations.push_back(seen);
    }
    a.tracks.push_back(std::move(track));
  }
}

AlignPictures example_pictures(const Alignment& a, Random& random) {
  Image<float> image(128, 96);
  for (int y = 0; y < 96; ++y)
    for (int x = 0; x < 128; ++x) image(x, y) = static_cast<float>(random.normal());
  AlignPictures pictures;
  const int n = static_cast<int>(a.tilts.size());
  for (const int tilt : {0, n / 4, n / 2, 3 * n / 4, n - 1})
    pictures.tilts.push_back({tilt, sum_thumbnail(image.view())});
  pictures.covered_px = {1024, 768};
  const std::string slice = sum_thumbnail(image.view());
  pictures.before = pictures.after = {slice, slice, slice, 128, 96, 40, 20.0};
  return pictures;
}

}  // namespace

SeriesAlignment example_alignment(const std::string& name, const ExampleAlignment& example) {
  Random random(7);
  SeriesAlignment series;
  series.name = name;
  Alignment& a = series.alignment;
  a.method = "fiducials";
  a.size = {1024, 768};
  a.pixel_A = 5.4;
  for (int i = 0; i < example.tilts; ++i) a.tilts.push_back(example_tilt(i, example.tilts, random));
  if (example.tilts > 6) {
    a.tilts[4].reason = "its score is far below that of its neighbours";
    a.tilts[6].state = TiltState::excluded;
    a.tilts[6].reason = "it is dark: its mean is 3 % of that of its neighbours";
  }
  add_tracks(a, example.tracks, random);
  a.residual_px = 0.2;
  a.leave_out_px = 0.25;
  a.score = 0.9;
  a.thickness_A = 1520.0;
  a.y_offset_deg = -3.2;
  a.notes = {"Beads were chosen: they were found in all tilts."};
  if (example.pictures && example.tilts > 0) series.pictures = example_pictures(a, random);
  return series;
}

AlignJobReport example_align_report() {
  AlignJobReport report;
  report.version = "1.2.3";
  report.options = {{"method", "auto"}, {"start_from", ""}};
  report.warnings = {"two rows were the same"};
  for (const char* name : {"TS_pass", "TS_warn", "TS_fail"})
    report.series.push_back(example_alignment(name));
  report.series[1].alignment.verdict = Verdict::warn;
  report.series[2].alignment.verdict = Verdict::fail;
  report.series[2].problems = {"tilt_03.mrc: the file is truncated"};
  SeriesAlignment failed;
  failed.name = "TS_failed";
  failed.status = SeriesStatus::failed;
  failed.reason = "none of the 41 images can be read";
  report.series.push_back(failed);
  failed.name = "TS_skipped";
  failed.status = SeriesStatus::skipped;
  failed.reason = "it was not its turn yet";
  report.series.push_back(failed);
  return report;
}

}  // namespace gimbal
