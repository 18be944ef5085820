// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/thumbnail.h"

#include "example_report.h"

#include "gimbal/core/error.h"
#include "gimbal/report/jpeg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gimbal {
namespace {

double mean(View<const float> image) {
  double sum = 0.0;
  for (int y = 0; y < image.ny(); ++y)
    for (const float value : image.row_span(y)) sum += static_cast<double>(value);
  return sum / static_cast<double>(image.count());
}

TEST(Reduced, KeepsTheMeanAndTheShape) {
  for (const auto& [nx, ny] :
       {std::pair{100, 37}, {37, 100}, {64, 64}, {1, 1}, {3, 1000}, {5, 4}}) {
    const auto image = Image<float>(nx, ny);
    Image<float> ramp(nx, ny);
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x) ramp(x, y) = static_cast<float>(3 * x - 2 * y + (x * y) % 7);
    const auto small = reduced(ramp, 20);
    EXPECT_LE(std::max(small.nx(), small.ny()), 20);
    EXPECT_EQ(std::max(small.nx(), small.ny()), std::min(20, std::max(nx, ny)));
    EXPECT_NEAR(mean(small), mean(ramp), 1e-4 * (1.0 + std::abs(mean(ramp)))) << nx << 'x' << ny;
  }
}

TEST(Reduced, AveragesWholeBlocksExactly) {
  Image<float> image(8, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x) image(x, y) = static_cast<float>(x + 10 * y);
  const auto small = reduced(image, 4);
  ASSERT_EQ(small.size(), (Size2{4, 2}));
  EXPECT_FLOAT_EQ(small(0, 0), 5.5F);
  EXPECT_FLOAT_EQ(small(3, 1), 31.5F);
}

TEST(Reduced, LeavesOutWhatIsNotANumber) {
  Image<float> image(4, 2);
  image.fill(7.0F);
  image(0, 0) = std::numeric_limits<float>::quiet_NaN();
  image(1, 1) = std::numeric_limits<float>::infinity();
  for (int y = 0; y < 2; ++y) image(2, y) = image(3, y) = std::numeric_limits<float>::quiet_NaN();
  const auto small = reduced(image, 2);
  EXPECT_FLOAT_EQ(small(0, 0), 7.0F);
  EXPECT_TRUE(std::isnan(small(1, 0)));
}

TEST(SumThumbnail, DrawsRowZeroAtTheBottom) {
  Image<float> image(64, 64);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) image(x, y) = static_cast<float>(y);
  const auto picture = decode_jpeg(sum_thumbnail(image, 64));
  ASSERT_EQ(picture.size(), (Size2{64, 64}));
  EXPECT_GT(picture(32, 2), 220);
  EXPECT_LT(picture(32, 61), 35);
}

TEST(SumThumbnail, BeadsAndHotSpotsDoNotTakeTheContrast) {
  auto image = example_sum(512, 0.0, 1);
  image(100, 100) = 1e9F;
  const auto picture = decode_jpeg(sum_thumbnail(image, 256));
  double sum = 0.0, squares = 0.0;
  for (int y = 0; y < picture.ny(); ++y)
    for (int x = 0; x < picture.nx(); ++x) {
      sum += picture(x, y);
      squares += picture(x, y) * picture(x, y);
    }
  const double n = static_cast<double>(picture.count());
  EXPECT_NEAR(sum / n, 128.0, 40.0);
  EXPECT_GT(std::sqrt(squares / n - sum * sum / n / n), 40.0);
}

TEST(SumThumbnail, SurvivesAnyImage) {
  Image<float> nothing;
  EXPECT_TRUE(sum_thumbnail(nothing).empty());
  for (const float value : {0.0F, 1e38F, -1e38F, std::numeric_limits<float>::quiet_NaN()}) {
    Image<float> flat(7, 5);
    flat.fill(value);
    const auto picture = decode_jpeg(sum_thumbnail(flat));
    EXPECT_NEAR(picture(3, 2), 128, 3) << value;
    EXPECT_FALSE(spectrum_thumbnail(flat, 1.0).jpeg.empty());
  }
  Image<float> dot(1, 1);
  EXPECT_EQ(decode_jpeg(sum_thumbnail(dot)).size(), (Size2{1, 1}));
}

// Mean grey at a distance (px) from the centre of a spectrum's picture.
double ring(const Image<std::uint8_t>& picture, double radius) {
  double sum = 0.0;
  int n = 0;
  for (int y = 0; y < picture.ny(); ++y)
    for (int x = 0; x < picture.nx(); ++x)
      if (std::abs(std::hypot(x - picture.nx() / 2, y - picture.ny() / 2) - radius) < 0.7) {
        sum += picture(x, y);
        ++n;
      }
  return sum / n;
}

TEST(SpectrumThumbnail, ThonRingsShow) {
  constexpr double pixel_A = 1.4, defocus_A = 20000.0;
  const auto amplitudes = example_spectrum(512, pixel_A, defocus_A, 4);
  const auto thumbnail = spectrum_thumbnail(amplitudes, pixel_A, 4.0, 256);
  EXPECT_NEAR(thumbnail.edge_A, 4.0, 0.02);
  const auto picture = decode_jpeg(thumbnail.jpeg);
  ASSERT_EQ(picture.nx(), 256);
  // Radii (px of the picture) where the phase is k pi/2: odd k bright, even k dark.
  const double lambda = 0.019687;
  const auto radius = [&](double k) {
    return std::sqrt((k * 0.5 - 0.03) / (lambda * defocus_A)) * 4.0 * 128.0;
  };
  for (int k = 3; k <= 11; k += 2)
    EXPECT_GT(ring(picture, radius(k)), ring(picture, radius(k + 1)) + 25.0) << k;
}

TEST(SpectrumThumbnail, IsNotCutBeyondNyquist) {
  const auto thumbnail = spectrum_thumbnail(example_spectrum(64, 5.0, 30000.0, 2), 5.0, 4.0);
  EXPECT_DOUBLE_EQ(thumbnail.edge_A, 10.0);
  EXPECT_EQ(decode_jpeg(thumbnail.jpeg).nx(), 64);
}

TEST(Jpeg, DecodesAtASmallerSizeAndRefusesOtherBytes) {
  Image<std::uint8_t> grey(64, 40);
  grey.fill(200);
  const auto bytes = encode_jpeg(grey.view(), 75);
  EXPECT_EQ(bytes, encode_jpeg(grey.view(), 75));
  const auto half = decode_jpeg(bytes, 4);
  EXPECT_EQ(half.size(), (Size2{32, 20}));
  EXPECT_NEAR(half(5, 5), 200, 2);
  EXPECT_THROW(decode_jpeg(""), Error);
  EXPECT_THROW(decode_jpeg("no picture"), Error);
  EXPECT_THROW(decode_jpeg(bytes.substr(0, 30)), Error);
  EXPECT_THROW(encode_jpeg(View<const std::uint8_t>(), 75), Error);
}

}  // namespace
}  // namespace gimbal
