// SPDX-License-Identifier: GPL-3.0-or-later
// Conversions against the formulas of the other programs, and there and back.
#include "alignment_samples.h"
#include "support/working_folder.h"

#include "gimbal/data/alignment_aretomo.h"
#include "gimbal/data/alignment_imod.h"
#include "gimbal/data/alignment_star.h"
#include "gimbal/data/alignment_tracks.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

using test::sample_alignment;
using test::sample_points;

void expect_equal(const Projection& a, const Projection& b, double tolerance) {
  EXPECT_NEAR(a.x_tilt_deg, b.x_tilt_deg, tolerance);
  EXPECT_NEAR(a.y_tilt_deg, b.y_tilt_deg, tolerance);
  EXPECT_NEAR(a.z_rot_deg, b.z_rot_deg, tolerance);
  EXPECT_NEAR(a.shift_px.x, b.shift_px.x, tolerance);
  EXPECT_NEAR(a.shift_px.y, b.shift_px.y, tolerance);
  EXPECT_NEAR(a.magnification, b.magnification, tolerance);
}

// newstack moves X to A (X - n/2) + d + n/2, with pixel i at i + 0.5; tilt takes the result for
// n/2 + (x cos b + y sin a sin b + z cos a sin b, y cos a - z sin a).
TEST(AlignmentImod, AlignedImagesAreWhatTiltExpects) {
  for (const Size2 size : {Size2{1024, 767}, Size2{1023, 768}, Size2{512, 512}, Size2{511, 333}}) {
    const Alignment alignment = sample_alignment(5, size);
    for (const auto& tilt : alignment.tilts)
      for (const Vec3 p : sample_points()) {
        const ImodTilt row = imod_tilt(tilt.projection, size);
        const Vec2 seen = project(tilt.projection, p, size);
        const Vec2 centre{size.nx / 2.0, size.ny / 2.0};
        const Vec2 aligned =
            row.transform.linear(seen + Vec2{0.5, 0.5} - centre) + row.transform.d + centre;
        const double a = rad_from_deg(row.x_tilt_deg), b = rad_from_deg(row.tilt_deg);
        const double x =
            p.x * std::cos(b) + p.y * std::sin(a) * std::sin(b) + p.z * std::cos(a) * std::sin(b);
        const double y = p.y * std::cos(a) - p.z * std::sin(a);
        EXPECT_NEAR(aligned.x, centre.x + x, 1e-9);
        EXPECT_NEAR(aligned.y, centre.y + y, 1e-9);
      }
  }
}

TEST(AlignmentImod, ThereAndBack) {
  const Alignment alignment = sample_alignment();
  for (const auto& tilt : alignment.tilts) {
    const auto row = imod_tilt(tilt.projection, alignment.size);
    expect_equal(projection_of(row, alignment.size), tilt.projection, 1e-10);
    // Through the text of the files.
    const ImodTilt again{parse_xf(xf_text({row.transform}), "x").at(0),
                         parse_angles(angles_text({row.tilt_deg}), "x").at(0),
                         parse_angles(angles_text({row.x_tilt_deg}), "x").at(0)};
    expect_equal(projection_of(again, alignment.size), tilt.projection, 2e-9);
    EXPECT_NEAR(stretch_of(row.transform), 0.0, 1e-12);
  }
}

// The files of the example in RELION: axis 84 degrees, shift (10, -5) px and centres that differ.
TEST(AlignmentImod, ARealRow) {
  const auto rows = parse_xf(
      "   0.1045285   0.9945219  -0.9945219   0.1045285       3.927      10.468\n", "x.xf");
  const auto odd = projection_of({rows[0], -3.0, 0.0}, {1023, 1023});
  EXPECT_NEAR(odd.z_rot_deg, 84.0, 1e-5);
  EXPECT_NEAR(odd.shift_px.x, 10.0, 1e-3);
  EXPECT_NEAR(odd.shift_px.y, -5.0, 1e-3);
  EXPECT_NEAR(odd.magnification, 1.0, 1e-6);
  const auto even = projection_of({rows[0], -3.0, 0.0}, {1024, 1024});
  EXPECT_NEAR(even.shift_px.x, 9.5, 1e-3);
  EXPECT_NEAR(even.shift_px.y, -5.5, 1e-3);
}

TEST(AlignmentImod, StretchAndMirrorsAreSeen) {
  EXPECT_NEAR(stretch_of({1.02, 0.0, 0.0, 0.98, {}}), 0.02, 1e-12);
  EXPECT_LT(stretch_of({1.0, 0.0, 0.0, -1.0, {}}), 0.0);
  EXPECT_NEAR(projection_of({{0.5, 0.0, 0.0, 0.5, {}}, 0, 0}, {3, 3}).magnification, 2.0, 1e-12);
}

TEST(AlignmentImod, FiducialsAndResidualsAreInTheStacksOrder) {
  Alignment alignment = sample_alignment();
  test::add_tracks(alignment);
  alignment.tracks[1].observations[0].residual_px = {0.5, -0.25};
  const auto order = nominal_order(alignment);
  EXPECT_EQ(alignment.tilts[order.front()].nominal_tilt_deg, -15.0);
  const auto model = imod_fiducials(alignment, order);
  ASSERT_EQ(model.objects.at(0).contours.size(), sample_points().size());
  const auto& points = model.objects[0].contours[1].points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i].z, static_cast<double>(i));
    const Vec2 expected =
        project(alignment.tilts[order[i]].projection, sample_points()[1], alignment.size);
    EXPECT_NEAR(points[i].x, expected.x + 0.5, 1e-9);
    EXPECT_NEAR(points[i].y, expected.y + 0.5, 1e-9);
  }
  // The first tilt acquired is the middle one of the stack; IMOD: predicted minus measured.
  const auto residuals = imod_residuals(alignment, order);
  EXPECT_EQ(residuals.at(11).view, 5);
  EXPECT_EQ(residuals.at(11).residual_px, (Vec2{-0.5, 0.25}));
}

TEST(AlignmentImod, TracksComeBackAlsoFromABinnedPrealignedStack) {
  Alignment alignment = sample_alignment(5, {1024, 768});
  test::add_tracks(alignment);
  const auto order = nominal_order(alignment);
  std::vector<ImodTransform> prealigned;
  for (std::size_t i = 0; i < order.size(); ++i)
    prealigned.push_back({0.1, 0.99, -0.99, 0.1, {static_cast<double>(i), -20.0}});
  ImodModel binned = imod_fiducials(alignment, order);
  const Vec2 centre{512, 384};
  for (auto& contour : binned.objects[0].contours)
    for (Vec3& p : contour.points) {
      const auto& t = prealigned[static_cast<std::size_t>(p.z)];
      const Vec2 moved = 0.25 * (t.linear(Vec2{p.x, p.y} - centre) + t.d + centre);
      p = {moved.x, moved.y, p.z};
    }
  binned.nx = 256, binned.ny = 192;
  for (const auto& tracks : {tracks_of(imod_fiducials(alignment, order), order, {}, alignment.size),
                             tracks_of(binned, order, prealigned, alignment.size)}) {
    ASSERT_EQ(tracks.size(), alignment.tracks.size());
    for (std::size_t k = 0; k < tracks.size(); ++k)
      for (std::size_t i = 0; i < tracks[k].observations.size(); ++i) {
        const auto &a = tracks[k].observations[i], &b = alignment.tracks[k].observations[i];
        EXPECT_EQ(a.tilt, b.tilt);
        EXPECT_NEAR(length(a.position_px - b.position_px), 0.0, 1e-9);
      }
  }
  binned.objects[0].contours[0].points[0].z = 11;
  EXPECT_THROW(tracks_of(binned, order, prealigned, alignment.size), Error);
}

TEST(AlignmentTracks, PointsAreFoundAndResidualsAreOfTheRightSign) {
  Alignment alignment = sample_alignment();
  test::add_tracks(alignment);
  for (Track& track : alignment.tracks) track.point_px = {};
  alignment.tracks.push_back({{alignment.tracks[0].observations[2]}, {}, {}});
  alignment.tilts[3].state = TiltState::excluded;
  for (Track& track : alignment.tracks)
    for (auto& seen : track.observations)
      if (seen.tilt == 3) seen.position_px = seen.position_px + Vec2{3, 4};
  fit_points(alignment);
  ASSERT_EQ(alignment.tracks.size(), sample_points().size());
  for (std::size_t k = 0; k < sample_points().size(); ++k)
    EXPECT_NEAR(length(alignment.tracks[k].point_px - sample_points()[k]), 0.0, 1e-8);
  EXPECT_NEAR(alignment.residual_px, 0.0, 1e-9);
  EXPECT_NEAR(alignment.tilts[3].residual_px, 5.0, 1e-8);
  EXPECT_NEAR(alignment.tracks[0].observations[3].residual_px.x, 3.0, 1e-8);
}

// p = R(ROT) q + (TX, TY), from the image's centre, with q of the image that tilt expects.
TEST(AlignmentAreTomo, PositionsAreAreTomosAndComeBack) {
  Alignment alignment = sample_alignment();
  for (auto& tilt : alignment.tilts) tilt.projection.x_tilt_deg = 0.0;
  alignment.tilts[4].state = TiltState::excluded;
  const auto order = nominal_order(alignment);
  const auto aln = parse_aln(aln_text(aretomo_alignment(alignment, order)), "x.aln");
  ASSERT_EQ(aln.rows.size(), 10u);
  ASSERT_EQ(aln.dark.size(), 1u);
  EXPECT_EQ(aln.dark[0].tilt_deg, alignment.tilts[4].nominal_tilt_deg);
  EXPECT_EQ(order[static_cast<std::size_t>(aln.dark[0].section)], 4u);
  for (const auto& row : aln.rows) {
    const auto& tilt = alignment.tilts[order[static_cast<std::size_t>(row.section)]];
    expect_equal(projection_of(row), tilt.projection, 1e-9);
    const double r = rad_from_deg(row.rot_deg), b = rad_from_deg(row.tilt_deg);
    for (const Vec3 p : sample_points()) {
      const Vec2 q = row.magnification * Vec2{p.x * std::cos(b) + p.z * std::sin(b), p.y};
      const Vec2 seen = project(tilt.projection, p, alignment.size) - image_centre(alignment.size);
      EXPECT_NEAR(seen.x, std::cos(r) * q.x - std::sin(r) * q.y + row.tx_px, 1e-6);
      EXPECT_NEAR(seen.y, std::sin(r) * q.x + std::cos(r) * q.y + row.ty_px, 1e-6);
    }
  }
}

TEST(AlignmentStar, ColumnsComeBackAndRowsAreSortedByNominalTilt) {
  const WorkingFolder folder;
  Alignment alignment = sample_alignment();
  alignment.tilts[2].state = TiltState::excluded;
  alignment.tilts[2].reason = "it is dark";
  alignment.y_offset_deg = 2.5;
  alignment.deformation = {40.0, 60.0, {}, {}, {1e-3, -2e-3, 3e-7, 4e-7, -5e-7, 0.06}};
  TiltSeriesSet set;
  set.series.push_back(test::sample_series(alignment));
  set_alignment(set.series[0], alignment, ExcludedTilts::keep);
  write_tilt_series("aligned_tilt_series.star", set);
  const auto series = read_tilt_series("aligned_tilt_series.star").series.at(0);
  const Alignment again = alignment_of(series, alignment.size, alignment.pixel_A);
  const auto order = nominal_order(alignment);
  ASSERT_EQ(again.tilts.size(), order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto &a = again.tilts[i], &b = alignment.tilts[order[i]];
    EXPECT_EQ(a.key, b.key);
    expect_equal(a.projection, b.projection, 1e-9);
    expect_equal(a.standard_error, b.standard_error, 1e-6);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_EQ(a.state, b.state);
    EXPECT_NEAR(a.residual_px, 0.5, 1e-6);
  }
  EXPECT_EQ(again.method, "fiducials");
  EXPECT_NEAR(again.leave_out_px, 0.5, 1e-6);
  EXPECT_EQ(again.y_offset_deg, 2.5);
  ASSERT_EQ(again.deformation.z.size(), 6u);
  EXPECT_NEAR(again.deformation.z[2], 3e-7, 1e-17);
  const Vec3 moved = again.deformation.at({100, 200, 30}, 10);
  EXPECT_NEAR(length(moved - alignment.deformation.at({100, 200, 30}, 10)), 0.0, 1e-9);
  // RELION's columns, in the order in which RELION writes what it has from IMOD.
  const auto& fields = series.tilts[0].fields();
  EXPECT_EQ(fields[3].label, "rlnTomoXShiftAngst");
  EXPECT_EQ(fields[4].label, "rlnTomoYShiftAngst");
  EXPECT_EQ(fields[5].label, "rlnTomoZRot");
  EXPECT_EQ(fields[6].label, "rlnTomoXTilt");
  EXPECT_EQ(fields[7].label, "rlnTomoYTilt");
}

TEST(AlignmentStar, ShiftsAreInAngstromAndExcludedTiltsCanBeDropped) {
  Alignment alignment = sample_alignment();
  alignment.tilts[2].state = TiltState::excluded;
  TiltSeries series = test::sample_series(alignment);
  set_alignment(series, alignment, ExcludedTilts::drop);
  EXPECT_EQ(series.tilts.size(), alignment.tilts.size() - 1);
  EXPECT_EQ(series.find(alignment.tilts[2].key), nullptr);
  EXPECT_NEAR(series.find(alignment.tilts[1].key)->number(label::x_shift),
              5.4 * alignment.tilts[1].projection.shift_px.x, 1e-9);
  EXPECT_THROW(alignment_of(test::sample_series(alignment), {10, 10}, 1.0), Error);
  alignment.tilts.pop_back();
  TiltSeries longer = test::sample_series(sample_alignment());
  EXPECT_THROW(set_alignment(longer, alignment, ExcludedTilts::keep), Error);
}

}  // namespace
}  // namespace gimbal
