// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/slices.h"

#include "support/working_folder.h"

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"
#include "gimbal/io/mrc.h"
#include "gimbal/report/cairo_canvas.h"
#include "gimbal/report/greyscale.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

float value_at(int x, int y, int z) {
  return static_cast<float>(x + 10 * y + 100 * z);
}

void write_volume(const std::string& name, int nx, int ny, int nz) {
  MrcWriteOptions options;
  options.volume = true;
  MrcStackWriter writer(name, nx, ny, nz, options);
  for (int z = 0; z < nz; ++z) {
    Image<float> section(nx, ny);
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x) section(x, y) = value_at(x, y, z);
    writer.append(section.view());
  }
  writer.finish();
}

TEST(Slices, AlongEveryAxis) {
  const WorkingFolder folder;
  write_volume("v.mrc", 5, 4, 7);
  const auto reader = open_frames("v.mrc");
  EXPECT_EQ(n_slices(reader->info(), SliceAxis::x), 5);
  EXPECT_EQ(n_slices(reader->info(), SliceAxis::y), 4);
  EXPECT_EQ(n_slices(reader->info(), SliceAxis::z), 7);
  const auto z = read_slices(*reader, SliceAxis::z, {2, 6}, 1);
  const auto y = read_slices(*reader, SliceAxis::y, {3}, 1);
  const auto x = read_slices(*reader, SliceAxis::x, {1, 0}, 1);
  ASSERT_EQ(z[1].size(), (Size2{5, 4}));
  ASSERT_EQ(y[0].size(), (Size2{5, 7}));
  ASSERT_EQ(x[0].size(), (Size2{4, 7}));
  EXPECT_EQ(z[0](4, 3), value_at(4, 3, 2));
  EXPECT_EQ(z[1](0, 1), value_at(0, 1, 6));
  EXPECT_EQ(y[0](2, 5), value_at(2, 3, 5));
  EXPECT_EQ(x[0](3, 6), value_at(1, 3, 6));
  EXPECT_EQ(x[1](0, 4), value_at(0, 0, 4));
}

TEST(Slices, ThickOnesAreMeansAndEndAtTheEnds) {
  const WorkingFolder folder;
  write_volume("v.mrc", 5, 4, 7);
  const auto reader = open_frames("v.mrc");
  EXPECT_EQ(read_slices(*reader, SliceAxis::z, {3}, 3)[0](1, 1), value_at(1, 1, 3));
  EXPECT_EQ(read_slices(*reader, SliceAxis::z, {3}, 2)[0](1, 1), value_at(1, 1, 2) + 50.0F);
  EXPECT_EQ(read_slices(*reader, SliceAxis::z, {0}, 3)[0](1, 1), value_at(1, 1, 0) + 50.0F);
  EXPECT_EQ(read_slices(*reader, SliceAxis::z, {5}, 14)[0](1, 1), value_at(1, 1, 3));
  EXPECT_EQ(read_slices(*reader, SliceAxis::x, {4}, 3)[0](2, 2), value_at(3, 2, 2) + 0.5F);
  EXPECT_EQ(read_slices(*reader, SliceAxis::y, {1}, 3)[0](2, 2), value_at(2, 1, 2));
  EXPECT_THROW(read_slices(*reader, SliceAxis::y, {4}, 1), Error);
  EXPECT_THROW(read_slices(*reader, SliceAxis::z, {-1}, 1), Error);
}

TEST(Slices, Numbers) {
  EXPECT_EQ(slice_numbers("middle", 7), std::vector<int>{3});
  EXPECT_EQ(slice_numbers("middle", 1), std::vector<int>{0});
  EXPECT_EQ(slice_numbers("all", 3), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(slice_numbers("3, 1-2,2", 7), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(slice_numbers("1-7/3", 7), (std::vector<int>{0, 3, 6}));
  for (const char* bad : {"", "0", "8", "x", "1-", "-1", "5-3", "1-7/0", "1,,2", "1-9", "1.5",
                          "99999999999999999999"})
    EXPECT_THROW(slice_numbers(bad, 7), Error) << bad;
}

TEST(Greyscale, LevelsAreTurnedOverAndClamped) {
  Image<float> image(3, 2);
  image(0, 0) = -5.0F, image(1, 0) = 0.0F, image(2, 0) = 1.0F;
  image(0, 1) = 2.0F, image(1, 1) = 9.0F, image(2, 1) = std::nanf("");
  const auto grey = grey_levels(image.view(), {0.0F, 2.0F});
  EXPECT_EQ(grey(0, 1), 0);
  EXPECT_EQ(grey(1, 1), 0);
  EXPECT_EQ(grey(2, 1), 128);
  EXPECT_EQ(grey(0, 0), 255);
  EXPECT_EQ(grey(1, 0), 255);
  EXPECT_EQ(grey(2, 0), 128);
  EXPECT_EQ(grey_levels(image.view(), {1.0F, 1.0F})(0, 0), 128);
}

TEST(Greyscale, LargeImagesAreSampled) {
  Image<float> image(3001, 1500);
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x) image(x, y) = static_cast<float>(x);
  const auto values = sorted_values({image.view()});
  EXPECT_LT(values.size(), 2'300'000u);
  EXPECT_EQ(values.front(), 0.0F);
  EXPECT_EQ(values.back(), 3000.0F);
  EXPECT_NEAR(values[values.size() / 2], 1500.0F, 2.0F);
  EXPECT_TRUE(sorted_values({}).empty());
  EXPECT_EQ(contrast_of({}, 0.1, 0.9, 3.0F).white, 0.0F);
}

TEST(Png, GreyPicturesOfAnySize) {
  const WorkingFolder folder;
  for (const Size2 size : {Size2{1, 1}, Size2{7, 3}, Size2{64, 65}}) {
    Image<std::uint8_t> grey(size.nx, size.ny);
    write_png("x.png", grey.view());
    const auto bytes = read_text("x.png");
    ASSERT_TRUE(bytes.starts_with("\x89PNG"));
    EXPECT_EQ(static_cast<unsigned char>(bytes[19]), size.nx);
    EXPECT_EQ(static_cast<unsigned char>(bytes[23]), size.ny);
    EXPECT_EQ(bytes[24], 8);  // bits
    EXPECT_EQ(bytes[25], 0);  // grey
  }
}

}  // namespace
}  // namespace gimbal
