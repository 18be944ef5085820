// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_size.h"

#include "gimbal/core/random.h"
#include "gimbal/tilt/bead_profile.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

// White noise with dark balls, each in a bright ring that makes its mean zero, as whitening does.
std::vector<tilt::WhiteTilt> tilts_with_beads(double diameter_px, double contrast, int n_beads) {
  constexpr double fringe = 2.0 / 3.0 / 1.25;
  std::vector<tilt::WhiteTilt> tilts(7);
  for (std::size_t t = 0; t < tilts.size(); ++t) {
    if (t == 3) continue;  // a missing image
    Random random(5, t);
    Image<float> image(200, 170);
    for (int y = 0; y < image.ny(); ++y)
      for (float& value : image.view().row_span(y)) value = static_cast<float>(random.normal());
    for (int b = 0; b < n_beads; ++b) {
      const Vec2 at{25.0 + 60.0 * (b % 3) + 20.0 * random.uniform(),
                    35.0 + 80.0 * (b / 3) + 20.0 * random.uniform()};
      for (int y = 0; y < image.ny(); ++y)
        for (int x = 0; x < image.nx(); ++x) {
          const double r = std::hypot(x - at.x, y - at.y) / (0.5 * diameter_px);
          if (r < 1.0) image(x, y) -= static_cast<float>(contrast * std::sqrt(1.0 - r * r));
          if (r >= 1.0 && r < 1.5) image(x, y) += static_cast<float>(fringe * contrast);
        }
    }
    tilts[t].small = std::move(image);
  }
  return tilts;
}

}  // namespace

TEST(BeadSize, IsThatOfTheBeadsWhateverWasGiven) {
  const auto tilts = tilts_with_beads(9.0, 5.0, 5);
  for (const double given : {4.5, 6.0, 13.0, 18.0})
    EXPECT_NEAR(tilt::likely_diameter_px(tilts, {1.0, 1.0}, given), 9.0, 0.5) << given;
  // The same in larger pixels.
  EXPECT_NEAR(tilt::likely_diameter_px(tilts, {3.0, 3.0}, 18.0), 27.0, 1.5);
}

TEST(BeadSize, StaysAsGivenWhereItFitsOrNothingDoes) {
  EXPECT_EQ(tilt::likely_diameter_px(tilts_with_beads(9.0, 5.0, 5), {1.0, 1.0}, 9.5), 9.5);
  EXPECT_EQ(tilt::likely_diameter_px(tilts_with_beads(9.0, 5.0, 0), {1.0, 1.0}, 6.0), 6.0);
  EXPECT_EQ(tilt::likely_diameter_px({}, {1.0, 1.0}, 6.0), 6.0);
}

TEST(BeadSize, LikenessIsLargestForTheRightDiameter) {
  const auto tilts = tilts_with_beads(8.0, 4.0, 6);
  const double right = tilt::likeness_of_beads(tilts, {1.0, 1.0}, 8.0);
  EXPECT_GT(right, 4.0 * tilt::likeness_of_beads(tilts, {1.0, 1.0}, 5.0));
  EXPECT_GT(right, 4.0 * tilt::likeness_of_beads(tilts, {1.0, 1.0}, 13.0));
}

}  // namespace gimbal
