// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/brightness.h"

#include "gimbal/core/random.h"
#include "gimbal/tilt/align.h"
#include "gimbal/tilt/align_methods.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

struct Slab {
  double offset_deg = 7.0;
  double min_deg = -60.0, max_deg = 60.0;
  double paths = 0.4;     // thickness over the mean free path
  double scatter = 0.01;  // of the beam, relative
  int seed = 1;
};

Stack tilts_of(const Slab& slab) {
  Stack stack;
  stack.full_size = stack.size = {64, 48};
  Random random(static_cast<std::uint64_t>(slab.seed));
  for (double angle = slab.min_deg; angle <= slab.max_deg; angle += 3.0) {
    StackTilt& tilt = stack.tilts.emplace_back();
    tilt.key = std::to_string(stack.tilts.size());
    tilt.nominal_tilt_deg = angle;
    const double path = slab.paths / std::cos(rad_from_deg(angle + slab.offset_deg));
    tilt.mean = 100.0 * std::exp(-path) * (1.0 + slab.scatter * random.normal());
    tilt.deviation = 10.0;
    tilt.image = Image<float>(64, 48);
  }
  return stack;
}

BrightnessOffset found(const Stack& stack) {
  return brightness_offset(stack, nominal_alignment(stack));
}

TEST(Brightness, TellsTheOffsetAndItsError) {
  double squares = 0.0;
  constexpr int n = 40;
  for (int seed = 1; seed <= n; ++seed) {
    Slab slab;
    slab.seed = seed;
    const BrightnessOffset offset = found(tilts_of(slab));
    ASSERT_TRUE(offset.is_known) << offset.reason;
    EXPECT_NEAR(offset.about_y_deg, slab.offset_deg, 1.0);
    squares += std::pow((offset.about_y_deg - slab.offset_deg) / offset.about_y_error_deg, 2);
  }
  EXPECT_NEAR(std::sqrt(squares / n), 1.0, 0.4);
}

TEST(Brightness, OneSidedRange) {
  Slab slab{.offset_deg = -9.0, .min_deg = -51.0, .max_deg = 69.0, .scatter = 0.003};
  EXPECT_NEAR(found(tilts_of(slab)).about_y_deg, -9.0, 0.3);
  slab = {.offset_deg = 3.0, .min_deg = -60.0, .max_deg = 12.0, .scatter = 0.001};
  EXPECT_NEAR(found(tilts_of(slab)).about_y_deg, 3.0, 0.7);
}

// The shape of a curve whose vertex was not seen says little, and not what its residuals say.
TEST(Brightness, TiltsOnOneSideDoNotTell) {
  for (const double min_deg : {20.0, 24.0, -60.0})
    for (int seed = 1; seed <= 20; ++seed) {
      const Slab slab{.offset_deg = 0.0,
                      .min_deg = min_deg,
                      .max_deg = min_deg + 40.0,
                      .scatter = 0.001,
                      .seed = seed};
      const BrightnessOffset offset = found(tilts_of(slab));
      const double off = std::abs(offset.about_y_deg);
      EXPECT_TRUE(!offset.is_known || off < 1.5)
          << min_deg << ", seed " << seed << ": " << offset.about_y_deg << " +- "
          << offset.about_y_error_deg;
    }
}

TEST(Brightness, ShadowedAndDarkTiltsDoNotCount) {
  Stack stack = tilts_of({});
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 20; ++x) stack.tilts[30].image(x, y) = -stack.tilts[30].mean;
  stack.tilts[4].mean *= 0.7;
  stack.tilts[35].mean *= 0.8;
  EXPECT_NEAR(found(stack).about_y_deg, 7.0, 0.6);
}

TEST(Brightness, DosesAreDividedOut) {
  Stack stack = tilts_of({.scatter = 0.001});
  for (StackTilt& tilt : stack.tilts) {
    tilt.dose_e_A2 = 3.0 + 0.02 * tilt.nominal_tilt_deg;
    tilt.mean *= tilt.dose_e_A2;
  }
  EXPECT_NEAR(found(stack).about_y_deg, 7.0, 0.2);
}

TEST(Brightness, ABackgroundMayBeMissing) {
  Stack stack = tilts_of({.scatter = 0.002});
  for (StackTilt& tilt : stack.tilts) tilt.mean -= 60.0;
  EXPECT_NEAR(found(stack).about_y_deg, 7.0, 0.2);
}

TEST(Brightness, SaysWhyItIsNotKnown) {
  Stack flat = tilts_of({});
  Random random(3);
  for (StackTilt& tilt : flat.tilts) tilt.mean = 1e-4 * random.normal();
  EXPECT_FALSE(found(flat).is_known);
  EXPECT_FALSE(found(tilts_of({.paths = 0.005})).is_known);
  EXPECT_FALSE(found(tilts_of({.scatter = 0.1})).is_known);
  EXPECT_FALSE(found(tilts_of({.min_deg = -6.0, .max_deg = 6.0})).is_known);
  EXPECT_EQ(found(tilts_of({.min_deg = -6.0, .max_deg = 6.0})).reason,
            "fewer than 8 tilts are used");
}

}  // namespace
}  // namespace gimbal::tilt
