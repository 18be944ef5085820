// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/random.h"
#include "gimbal/tilt/bundle_normal.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

// 12 points in 7 tilts, errors 0.2 px along the axis and 1 px across it.
Bundle scene(double ratio) {
  Bundle bundle;
  Random random(11);
  bundle.radius_px = 500.0;
  bundle.rotation_rad = 0.4;
  bundle.model.own[own_rotation] = true;
  bundle.model.own_sigma_px.fill(1.0);
  for (int t = 0; t < 7; ++t) {
    BundleTilt tilt;
    tilt.index = t;
    tilt.angle_rad = 0.25 * (t - 3);
    bundle.tilts.push_back(tilt);
  }
  bundle.tilt_noise.assign(7, 1.0);
  bundle.prior_weight.assign(7, {1.0, 1.0, 1.0});
  bundle.whitening = {ratio, 0.4};
  const Layout layout = layout_of(bundle);
  for (int p = 0; p < 12; ++p) {
    const double x = random.normal(), y = random.normal(), z = random.normal();
    BundlePoint point{{200.0 * x, 200.0 * y, 60.0 * z}, 7 * p, 7 * (p + 1)};
    for (int t = 0; t < 7; ++t) {
      BundleObservation o;
      o.tilt = t, o.point = o.track = p, o.place = t;
      const Vec2 seen = predict(bundle, layout, view_of(bundle, bundle.tilts[std::size_t(t)]),
                                point.position_px, nullptr);
      const double along = 0.2 * random.normal(), across = random.normal();
      o.position_px = seen + along * bundle.whitening.direction_along() +
                      across * bundle.whitening.direction_across();
      o.sigma_px = 0.7;
      o.weight = 0.5 + 0.05 * t;
      bundle.observations.push_back(o);
    }
    bundle.points.push_back(point);
  }
  return bundle;
}

Vec2 residual(const Bundle& bundle, const BundleObservation& o) {
  return o.position_px - predict(bundle, layout_of(bundle),
                                 view_of(bundle, bundle.tilts[std::size_t(o.tilt)]),
                                 bundle.points[std::size_t(o.point)].position_px, nullptr);
}

TEST(Bundle, CostCountsBothDirectionsWithTheirOwnErrors) {
  const Bundle bundle = scene(0.25);
  Bundle unseen = bundle;
  for (BundleObservation& o : unseen.observations) o.weight = 0.0;
  // sigma^2 is the mean of both squares: 2 / (1 + 1/16) and 1/16 of it.
  const double across2 = 0.49 * 2.0 / 1.0625, along2 = across2 / 16.0;
  double expected = 0.0;
  for (const BundleObservation& o : bundle.observations) {
    const Vec2 r = residual(bundle, o);
    const double across = r.x * std::cos(0.4) + r.y * std::sin(0.4),
                 along = -r.x * std::sin(0.4) + r.y * std::cos(0.4);
    expected += o.weight * (across * across / across2 + along * along / along2);
  }
  EXPECT_NEAR(cost(bundle) - cost(unseen), expected, 1e-9 * expected);
}

TEST(Bundle, EqualErrorsChangeNothing) {
  const Whitening equal{1.0, 0.3}, nearly{1.0 + 1e-12, 0.3};
  const Vec2 v{0.7, -1.9};
  EXPECT_EQ(equal.whitened(v).x, v.x);
  EXPECT_EQ(equal.whitened(v).y, v.y);
  EXPECT_NEAR(length(nearly.whitened(v) - v), 0.0, 1e-10);
  const Whitening whitening{0.2, 0.3};
  EXPECT_NEAR(length(whitening.in_px(whitening.whitened(v)) - v), 0.0, 1e-12);
}

TEST(Bundle, TheSolutionIsWhereTheWhitenedCostIsLeast) {
  Bundle bundle = scene(0.25);
  for (BundleTilt& tilt : bundle.tilts) tilt.shift_px = {3.0, -2.0};
  refine(bundle, 30, 1e-10);
  const double least = cost(bundle), step_px = 1e-3;
  const auto slope_px = [&](auto&& move) {
    Bundle more = bundle, less = bundle;
    move(more, step_px);
    move(less, -step_px);
    const double here = cost(more), there = cost(less);
    EXPECT_GT(here, least);
    EXPECT_GT(there, least);
    return (here - there) / (here + there - 2.0 * least) * step_px;  // off the minimum by so much
  };
  EXPECT_NEAR(slope_px([](Bundle& b, double d) { b.tilts[2].shift_px.x += d; }), 0.0, 1e-4);
  EXPECT_NEAR(slope_px([](Bundle& b, double d) { b.tilts[5].shift_px.y += d; }), 0.0, 1e-4);
  EXPECT_NEAR(slope_px([](Bundle& b, double d) { b.tilts[1].own[own_rotation] += d; }), 0.0, 1e-4);
  EXPECT_NEAR(slope_px([](Bundle& b, double d) { b.rotation_rad += d / 500.0; }), 0.0, 1e-4);
  EXPECT_NEAR(slope_px([](Bundle& b, double d) { b.points[4].position_px.z += d; }), 0.0, 1e-4);
}

TEST(Bundle, LeaveOutErrorsAreThoseOfSolutionsWithoutTheObservation) {
  Bundle bundle = scene(0.25);
  refine(bundle, 30, 1e-10);
  const Normal normal = linearise(bundle);
  const LeaveOut left = leave_out(bundle, normal, covariance_of(normal), false, 100);
  for (const std::size_t i : {3U, 40U, 70U}) {
    Bundle without = bundle;
    without.observations[i].weight = 0.0;
    refine(without, 30, 1e-10);
    const Vec2 expected = residual(without, bundle.observations[i]);
    EXPECT_NEAR(length(left.errors[i] - expected), 0.0, 0.01 * length(expected)) << i;
  }
}

}  // namespace
}  // namespace gimbal::tilt
