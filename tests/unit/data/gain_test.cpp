// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/gain.h"

#include "unit/data/detector_samples.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <vector>

namespace gimbal {
namespace {

Image<float> numbered(int nx, int ny) {
  Image<float> image(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(100 * y + x + 1);
  return image;
}

// Pixel by pixel, straight from the definition.
Image<float> naive(const Image<float>& in, GainOrientation o) {
  Image<float> out = in.clone();
  for (int k = 0; k < o.rotation; ++k) {
    Image<float> turned(out.ny(), out.nx());
    for (int y = 0; y < out.ny(); ++y)
      for (int x = 0; x < out.nx(); ++x) turned(out.ny() - 1 - y, x) = out(x, y);
    out = std::move(turned);
  }
  Image<float> flipped(out.nx(), out.ny());
  for (int y = 0; y < out.ny(); ++y)
    for (int x = 0; x < out.nx(); ++x)
      flipped(o.flip == 2 ? out.nx() - 1 - x : x, o.flip == 1 ? out.ny() - 1 - y : y) = out(x, y);
  return flipped;
}

std::vector<float> pixels(const Image<float>& image) {
  std::vector<float> all;
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x) all.push_back(image(x, y));
  return all;
}

std::string error_of(const StoredGain& gain, GainOrientation o, Size2 movie) {
  try {
    fit_gain(gain, o, movie);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Orientation, IsWhatItsDefinitionSays) {
  for (const auto& [nx, ny] : {std::pair{1, 1}, {1, 7}, {5, 1}, {70, 131}, {64, 64}}) {
    const Image<float> stored = numbered(nx, ny);
    for (int rotation = 0; rotation < 4; ++rotation)
      for (int flip = 0; flip < 3; ++flip)
        EXPECT_EQ(pixels(oriented(stored, {rotation, flip})),
                  pixels(naive(stored, {rotation, flip})));
  }
}

TEST(Orientation, TheEightDiffer) {
  std::set<std::vector<float>> seen;
  for (const GainOrientation o : all_gain_orientations)
    seen.insert(pixels(oriented(numbered(4, 4), o)));
  EXPECT_EQ(seen.size(), 8U);
  EXPECT_EQ(option_text({1, 2}), "--gain_rot 1 --gain_flip 2");
  EXPECT_THROW(oriented(numbered(2, 2), {4, 0}), Error);
  EXPECT_THROW(oriented(numbered(2, 2), {0, 3}), Error);
}

TEST(Gain, SizesThatFitOnlyTurnedAreExplained) {
  const StoredGain gain{numbered(30, 20), GainKind::factors};
  EXPECT_EQ(fit_gain(gain, {1, 0}, {20, 30}).factors.size(), (Size2{20, 30}));
  const std::string flat = error_of(gain, {0, 0}, {20, 30});
  EXPECT_NE(flat.find("30 x 20"), std::string::npos);
  EXPECT_NE(flat.find("--gain_rot 1 or 3"), std::string::npos) << flat;
  EXPECT_NE(error_of(gain, {3, 1}, {30, 20}).find("--gain_rot 0 or 2"), std::string::npos);
  EXPECT_NE(error_of(gain, {0, 0}, {31, 20}).find("no rotation makes it fit"), std::string::npos);
}

TEST(Gain, BadFactorsBecomeZeroAndAreCounted) {
  StoredGain gain{numbered(20, 10), GainKind::factors};
  gain.values(0, 0) = std::numeric_limits<float>::quiet_NaN();
  gain.values(1, 0) = -2.0F;
  gain.values(2, 0) = std::numeric_limits<float>::infinity();
  gain.values(3, 0) = 0.0F;
  const GainReference fitted = fit_gain(gain, {0, 2}, {20, 10});
  for (const int x : {16, 17, 18, 19}) EXPECT_EQ(fitted.factors(x, 0), 0.0F);
  EXPECT_EQ(fitted.factors(15, 0), 5.0F);
  ASSERT_EQ(fitted.findings.size(), 1U);
  EXPECT_NE(fitted.findings[0].text.find("4 pixels (2 %)"), std::string::npos)
      << fitted.findings[0].text;
  EXPECT_NE(fitted.findings[0].text.find("3 stored values"), std::string::npos);
  gain.values.fill(0.0F);
  EXPECT_NE(error_of(gain, {0, 0}, {20, 10}).find("no pixel above zero"), std::string::npos);
}

TEST(Gain, EerFilesAreSensitivitiesUnlessNamedGain) {
  EXPECT_EQ(gain_kind("a/b.gain", true), GainKind::factors);
  EXPECT_EQ(gain_kind("a/b.GAIN", true), GainKind::factors);
  EXPECT_EQ(gain_kind("a/b.mrc", true), GainKind::sensitivity);
  EXPECT_EQ(gain_kind("a/b.mrc", false), GainKind::factors);
  StoredGain gain{numbered(2, 2), GainKind::sensitivity};
  gain.values(0, 0) = 0.0F;
  gain.values(1, 0) = 1.0F;
  gain.values(0, 1) = 2.0F;
  gain.values(1, 1) = 6.0F;
  const GainReference fitted = fit_gain(gain, {0, 0}, {2, 2});
  EXPECT_EQ(pixels(fitted.factors), (std::vector<float>{0.0F, 3.0F, 1.5F, 0.5F}));
}

TEST(Gain, IsAdaptedToTheMoviesSampling) {
  const StoredGain factors{numbered(4, 2), GainKind::factors};
  const GainReference finer = fit_gain(factors, {0, 0}, {8, 4});
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x) EXPECT_EQ(finer.factors(x, y), factors.values(x / 2, y / 2));
  EXPECT_EQ(fit_gain(factors, {1, 0}, {8, 16}).factors(7, 15), factors.values(3, 0));

  const GainReference coarser = fit_gain(factors, {0, 0}, {2, 1});
  EXPECT_EQ(pixels(coarser.factors), (std::vector<float>{51.5F, 53.5F}));
  ASSERT_EQ(coarser.findings.size(), 1U);
  EXPECT_EQ(coarser.findings[0].severity, Severity::note);

  // Sensitivities: the sums of 2x2 counts, then mean / value.
  const StoredGain counts{numbered(4, 2), GainKind::sensitivity};
  const GainReference inverse = fit_gain(counts, {0, 0}, {2, 1});
  EXPECT_FLOAT_EQ(inverse.factors(0, 0), 52.5F / 51.5F);
  EXPECT_FLOAT_EQ(inverse.factors(1, 0), 52.5F / 53.5F);
}

}  // namespace
}  // namespace gimbal
