// SPDX-License-Identifier: GPL-3.0-or-later
// The slice before and after: dots at a known height are compact only with the right projections.
#include "gimbal/report/align_pictures.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/report/jpeg.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

constexpr double height_px = 30.0;

struct Specimen {
  tilt::Stack stack;
  Alignment alignment;
};

Specimen dots(int nx, int ny) {
  Specimen s;
  Random random(3);
  s.stack.full_size = s.stack.size = s.alignment.size = {nx, ny};
  s.stack.full_pixel_A = s.alignment.pixel_A = 10.0;
  s.stack.nominal_axis_deg = 80.0;
  for (const Vec2 at : {Vec2{0, 0}, Vec2{30, 20}, Vec2{-40, 10}})
    s.alignment.tracks.push_back({{}, {at.x, at.y, height_px}, {}});
  for (int i = 0; i < 21; ++i) {
    AlignedTilt tilt;
    tilt.nominal_tilt_deg = 5.0 * (i - 10);
    tilt.projection = {
        0.0, tilt.nominal_tilt_deg, 80.0, {9.0 * std::sin(2.0 * i), 9.0 * std::cos(3.0 * i)}, 1.0};
    tilt::StackTilt view;
    view.nominal_tilt_deg = tilt.nominal_tilt_deg;
    view.image = Image<float>(nx, ny);
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x) view.image(x, y) = static_cast<float>(2.0 * random.normal());
    for (const Track& track : s.alignment.tracks) {
      const Vec2 p = project(tilt.projection, track.point_px, {nx, ny});
      for (int y = 0; y < ny; ++y)
        for (int x = 0; x < nx; ++x)
          view.image(x, y) -= static_cast<float>(
              10.0 * std::exp(-0.2 * (std::pow(x - p.x, 2) + std::pow(y - p.y, 2))));
    }
    s.alignment.tilts.push_back(tilt);
    s.stack.tilts.push_back(std::move(view));
  }
  return s;
}

// The picture's value where a point, in px from the tomogram's centre, is drawn.
int grey_at(const std::string& jpeg, double right_px, double up_px, double px_per_dot) {
  const auto picture = decode_jpeg(jpeg);
  return picture(
      picture.nx() / 2 + static_cast<int>(std::lround(right_px / px_per_dot)),
      picture.ny() - 1 - picture.ny() / 2 - static_cast<int>(std::lround(up_px / px_per_dot)));
}

TEST(AlignPictures, DotsAreInPlaceOnlyWhenAligned) {
  const auto s = dots(160, 120);
  const auto pictures = align_pictures(s.stack, s.alignment);
  EXPECT_EQ(pictures.slices_at_px.z, height_px);
  EXPECT_EQ(pictures.slices_at_px.x, 0.0);
  const SlicePictures &after = pictures.after, &before = pictures.before;
  EXPECT_DOUBLE_EQ(after.voxel_A,
                   1600.0 / 150.0);  // small fields are shown as finely as large ones
  EXPECT_EQ(after.nx,
            113);  // the axis is near that of x: the tomogram is as wide as the images high
  EXPECT_EQ(after.ny, 150);
  const double px = after.voxel_A / s.stack.full_pixel_A;
  int before_sum = 0, after_sum = 0;
  for (const Track& track : s.alignment.tracks) {
    after_sum += grey_at(after.xy, track.point_px.x, track.point_px.y, px);
    EXPECT_LT(grey_at(after.xy, track.point_px.x, track.point_px.y, px), 60);
    before_sum += grey_at(before.xy, track.point_px.x, track.point_px.y, px);
  }
  EXPECT_GT(before_sum, after_sum + 3 * 30);  // a smear passes through some of the places
  // The slices meet in the first dot: it is in all of them.
  EXPECT_LT(grey_at(after.xz, 0.0, height_px, px), 60);
  EXPECT_LT(grey_at(after.yz, height_px, 0.0, px), 60);
}

TEST(AlignPictures, FiveTiltsOfThoseUsed) {
  auto s = dots(48, 40);
  s.alignment.tilts[20].state = TiltState::excluded;
  s.stack.tilts[0].image = {};
  const auto pictures = align_pictures(s.stack, s.alignment);
  std::vector<int> tilts;
  for (const auto& picture : pictures.tilts) tilts.push_back(picture.tilt);
  EXPECT_EQ(tilts, (std::vector<int>{1, 5, 10, 14, 19}));
  EXPECT_EQ(pictures.covered_px, (Size2{48, 40}));
}

TEST(AlignPictures, SameForAnyNumberOfThreads) {
  const auto s = dots(65, 33);
  AlignPictures one, three;
  Arena(1).run([&] { one = align_pictures(s.stack, s.alignment); });
  Arena(3).run([&] { three = align_pictures(s.stack, s.alignment); });
  EXPECT_EQ(one.after.xy, three.after.xy);
  EXPECT_EQ(one.after.xz, three.after.xz);
  EXPECT_EQ(one.before.yz, three.before.yz);
}

TEST(AlignPictures, LittleToShow) {
  auto s = dots(16, 16);
  for (std::size_t i = 1; i < 21; ++i) s.stack.tilts[i].image = {};
  EXPECT_TRUE(align_pictures(s.stack, s.alignment).after.xy.empty());
  EXPECT_EQ(align_pictures(s.stack, s.alignment).tilts.size(), 1u);
  s.stack.tilts[0].image = {};
  EXPECT_TRUE(align_pictures(s.stack, s.alignment).tilts.empty());
}

TEST(AlignPictures, BusiestPlace) {
  Alignment a;
  a.pixel_A = 1.0;
  EXPECT_EQ(busiest_place_px(a).z, 0.0);
  for (const double z : {900.0, -300.0, -310.0, -290.0, 880.0, std::nan("")})
    a.tracks.push_back({{}, {z, 0, z}, {}});
  EXPECT_EQ(busiest_place_px(a).z, -290.0);
  EXPECT_EQ(busiest_place_px(a).x, -290.0);
}

}  // namespace
}  // namespace gimbal
