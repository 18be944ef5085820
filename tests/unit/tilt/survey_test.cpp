// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/survey.h"

#include "support/working_folder.h"

#include "gimbal/core/random.h"
#include "gimbal/io/file.h"
#include "gimbal/io/mrc.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

Image<float> noise(int nx, int ny) {
  Random random(7);
  Image<float> image(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(50.0 + 3.0 * random.normal());
  return image;
}

// Mean over the square of `bin` px at (x, y) of the small image.
double square_mean(const Image<float>& image, int bin, int x, int y) {
  double sum = 0.0;
  for (int v = y * bin; v < (y + 1) * bin; ++v)
    for (int u = x * bin; u < (x + 1) * bin; ++u) sum += static_cast<double>(image(u, v));
  return sum / (bin * bin);
}

TEST(Survey, MeansOverSquaresMeanAndDeviation) {
  const WorkingFolder folder;
  for (const Size2 size : {Size2{64, 48}, Size2{101, 67}, Size2{20, 7}, Size2{1, 1}}) {
    const auto image = noise(size.nx, size.ny);
    write_mrc("x.mrc", image, {});
    const auto found = survey_image({"x.mrc", 0}, 20);
    EXPECT_EQ(found.problem, "");
    EXPECT_EQ(found.size, size);
    const int bin = (std::max(size.nx, size.ny) + 19) / 20;
    ASSERT_EQ(found.small.nx(), size.nx / bin);
    ASSERT_EQ(found.small.ny(), size.ny / bin);
    for (int y = 0; y < found.small.ny(); ++y)
      for (int x = 0; x < found.small.nx(); ++x)
        EXPECT_NEAR(found.small(x, y), square_mean(image, bin, x, y), 1e-4);
    double sum = 0.0, squares = 0.0;
    for (int y = 0; y < size.ny; ++y)
      for (const float v : image.view().row_span(y)) sum += v, squares += double{v} * v;
    const double n = static_cast<double>(image.count());
    EXPECT_NEAR(found.mean, sum / n, 1e-6);
    EXPECT_NEAR(found.deviation, std::sqrt(std::max(0.0, squares / n - sum * sum / n / n)), 1e-5);
  }
}

TEST(Survey, NarrowImages) {
  const WorkingFolder folder;
  write_mrc("x.mrc", noise(300, 2), {});
  const auto found = survey_image({"x.mrc", 0}, 20);
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.small.size(), (Size2{20, 1}));
}

TEST(Survey, EveryProblemIsSaid) {
  const WorkingFolder folder;
  const auto problem = [](const ImageSource& source) {
    const auto found = survey_image(source, 20);
    EXPECT_TRUE(found.small.empty());
    EXPECT_EQ(found.size, (Size2{0, 0}));
    return found.problem;
  };
  EXPECT_NE(problem({}).find("no image is named"), std::string::npos);
  EXPECT_NE(problem({"none.mrc", 0}).find("none.mrc"), std::string::npos);
  write_text_atomically("bad.mrc", "this is no image");
  EXPECT_NE(problem({"bad.mrc", 0}).find("bad.mrc"), std::string::npos);
  write_mrc("x.mrc", noise(8, 8), {});
  EXPECT_NE(problem({"x.mrc", 3}).find("number 4 was asked for"), std::string::npos);
  std::string bytes = read_text("x.mrc");
  const float nan = std::nanf("");
  bytes.replace(1024 + 40, sizeof nan, reinterpret_cast<const char*>(&nan), sizeof nan);
  write_text_atomically("x.mrc", bytes);
  EXPECT_NE(problem({"x.mrc", 0}).find("NaN"), std::string::npos);
}

}  // namespace
}  // namespace gimbal::tilt
