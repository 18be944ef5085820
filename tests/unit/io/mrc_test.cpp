// SPDX-License-Identifier: GPL-3.0-or-later
// MRC as it should be: every mode, both byte orders, and what the writer writes.
#include "gimbal/io/mrc.h"

#include "mrc_builder.h"

#include "gimbal/io/mrc_header.h"
#include "gimbal/io/mrc_volume.h"

#include <cmath>
#include <numeric>

namespace gimbal {
namespace {

using test::MrcBuilder;

class Mrc : public test::ScratchTest {
 protected:
  static std::vector<float> pixels(const FrameReader& reader, int index) {
    RawFrame frame;
    reader.read(index, frame);
    EXPECT_EQ(frame.nx, reader.info().nx);
    EXPECT_EQ(frame.ny, reader.info().ny);
    EXPECT_EQ(frame.type, reader.info().type);
    const auto nx = static_cast<std::size_t>(frame.nx);
    std::vector<float> values(nx * static_cast<std::size_t>(frame.ny));
    for (int y = 0; y < frame.ny; ++y)
      frame.row_to_float(y, values.data() + static_cast<std::size_t>(y) * nx);
    return values;
  }

  template <typename T>
  void expect_mode(int mode, std::endian order, std::vector<float> expected,
                   const std::vector<T>& stored, PixelType type) {
    MrcBuilder builder;
    builder.nx = 3, builder.ny = 1, builder.nz = 2, builder.mode = mode, builder.order = order;
    builder.extended = 96;
    builder.fill_header();
    for (int section = 0; section < 2; ++section)
      for (const T value : stored) builder.add(value);
    const auto reader = open_mrc(write("a.mrc", builder.bytes()));
    EXPECT_EQ(reader->info().n_frames, 2);
    EXPECT_EQ(reader->info().type, type);
    EXPECT_DOUBLE_EQ(reader->info().pixel_A, 1.5);
    EXPECT_TRUE(reader->info().findings.empty());
    EXPECT_EQ(pixels(*reader, 0), expected);
    EXPECT_EQ(pixels(*reader, 1), expected);
  }
};

TEST_F(Mrc, EveryModeInBothByteOrders) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    expect_mode<std::int8_t>(0, order, {-128, 0, 127}, {-128, 0, 127}, PixelType::int8);
    expect_mode<std::int16_t>(1, order, {-32768, 258, 7}, {-32768, 258, 7}, PixelType::int16);
    expect_mode<float>(2, order, {-1.5f, 0, 3e9f}, {-1.5f, 0, 3e9f}, PixelType::float32);
    expect_mode<std::uint16_t>(6, order, {65535, 258, 0}, {65535, 258, 0}, PixelType::uint16);
    expect_mode<std::uint16_t>(12, order, {1, -2, 0x1p-24f}, {0x3c00, 0xc000, 1},
                               PixelType::float32);
    expect_mode<std::uint8_t>(101, order, {1, 2, 15}, {0x21, 0xff}, PixelType::uint8);
  }
}

TEST_F(Mrc, NibbleRowsArePaddedToWholeBytes) {
  MrcBuilder builder;
  builder.nx = 5, builder.ny = 3, builder.nz = 1, builder.mode = 101;
  builder.fill_header();
  for (const int byte : {0x10, 0x32, 0xf4, 0x65, 0x87, 0xf9, 0xba, 0xdc, 0xfe})
    builder.add(static_cast<std::uint8_t>(byte));
  const auto reader = open_mrc(write("a.mrc", builder.bytes()));
  std::vector<float> expected(15);
  std::iota(expected.begin(), expected.end(), 0.0f);
  EXPECT_EQ(pixels(*reader, 0), expected);
}

TEST_F(Mrc, BytesAreSignedUnlessTheHeaderSaysOtherwise) {
  const auto type = [&](auto change) {
    MrcBuilder builder;
    builder.nx = builder.ny = builder.nz = 1;
    builder.fill_header();
    change(builder);
    builder.add(std::uint8_t{200});
    return open_mrc(write("a.mrc", builder.bytes()))->info().type;
  };
  EXPECT_EQ(type([](MrcBuilder&) {}), PixelType::int8);
  EXPECT_EQ(type([](MrcBuilder& b) { b.imod(0); }), PixelType::uint8);
  EXPECT_EQ(type([](MrcBuilder& b) { b.imod(1); }), PixelType::int8);
  EXPECT_EQ(type([](MrcBuilder& b) { b.put(80, 255.0f); }), PixelType::uint8);
  EXPECT_EQ(type([](MrcBuilder& b) { b.put(76, -3.0f), b.put(80, 255.0f); }), PixelType::int8);
}

TEST_F(Mrc, ImodsTwoNibblesInAByteDoubleTheWidth) {
  MrcBuilder builder;
  builder.nx = 2, builder.ny = 1, builder.nz = 1;
  builder.fill_header();
  builder.imod(16);
  builder.add(std::uint8_t{0x21});
  builder.add(std::uint8_t{0x43});
  EXPECT_EQ(pixels(*open_mrc(write("a.mrc", builder.bytes())), 0),
            (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(Mrc, NumbersOverruleAWrongOrMissingStamp) {
  MrcBuilder builder;
  builder.nx = 512, builder.ny = 256, builder.nz = 1, builder.order = std::endian::big;
  builder.stamp = false;
  builder.fill_header();
  builder.data.resize(512 * 256);
  EXPECT_EQ(open_mrc(write("a.mrc", builder.bytes()))->info().nx, 512);
  builder.put(12, 1);
  builder.data.resize(2 * 512 * 256);
  builder.head[212] = std::byte{0x44};
  EXPECT_EQ(open_mrc(write("b.mrc", builder.bytes()))->info().nx, 512);
}

TEST_F(Mrc, WritesWhatItReadsInEveryMode) {
  Image<float> image(5, 3);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x) image(x, y) = static_cast<float>(x * 7 + y * 11) - 0.4f;
  for (const auto mode :
       {MrcMode::int8, MrcMode::int16, MrcMode::float32, MrcMode::uint16, MrcMode::float16}) {
    MrcWriteOptions options;
    options.mode = mode;
    options.pixel_A = 1.35;
    write_mrc(file("a.mrc"), image, options);
    const auto reader = open_mrc(file("a.mrc"));
    EXPECT_NEAR(reader->info().pixel_A, 1.35, 1e-6);
    const auto got = pixels(*reader, 0);
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 5; ++x) {
        const float value = got[static_cast<std::size_t>(y * 5 + x)];
        if (mode == MrcMode::float32)
          EXPECT_EQ(value, image(x, y));
        else if (mode == MrcMode::float16)
          EXPECT_NEAR(value, image(x, y), std::fabs(image(x, y)) * 0x1p-11f);
        else if (mode == MrcMode::uint16 && image(x, y) < 0)
          EXPECT_EQ(value, 0);
        else
          EXPECT_EQ(value, std::nearbyint(image(x, y)));
      }
  }
}

TEST_F(Mrc, HeaderHasSizeStatisticsPixelAndLabels) {
  Image<float> image(3, 2);
  const float values[] = {1, 2, 3, 4, 5, 200};
  for (int i = 0; i < 6; ++i) image(i % 3, i / 3) = values[i];
  MrcWriteOptions options;
  options.mode = MrcMode::int8;
  options.pixel_A = 2.0;
  options.labels = {"made by a test", std::string(100, 'x')};
  MrcStackWriter writer(file("a.mrc"), 3, 2, 2, options);
  writer.append(image);
  EXPECT_FALSE(std::filesystem::exists(file("a.mrc")));
  writer.append(image);
  writer.finish();
  const auto bytes = test::read_bytes(file("a.mrc"));
  ASSERT_EQ(bytes.size(), 1024u + 12u);
  const auto header = parse_mrc_header(std::span(bytes).first(1024), "a.mrc");
  EXPECT_EQ(header.mz, 2);
  EXPECT_EQ(header.cell_y_A, 4.0f);
  EXPECT_EQ(header.imod_flags, 1);
  EXPECT_EQ(header.min, 1.0f);
  EXPECT_EQ(header.max, 127.0f);  // of what was written: clamped
  EXPECT_NEAR(header.mean, 142.0 / 6, 1e-5);
  const double mean_square = (1 + 4 + 9 + 16 + 25 + 127 * 127) / 6.0;
  EXPECT_NEAR(header.rms, std::sqrt(mean_square - std::pow(142.0 / 6, 2)), 1e-4);
  ASSERT_EQ(header.labels.size(), 2u);
  EXPECT_EQ(header.labels[0], "made by a test");
  EXPECT_EQ(header.labels[1], std::string(80, 'x'));
}

TEST_F(Mrc, RefusesToWriteWhatIsNotFinite) {
  Image<float> image(2, 1);
  image(1, 0) = std::nanf("");
  EXPECT_NE(test::error_of([&] { write_mrc(file("a.mrc"), image, {}); }), "");
  image(1, 0) = INFINITY;
  EXPECT_NE(test::error_of([&] { write_mrc(file("a.mrc"), image, {}); }), "");
  EXPECT_TRUE(std::filesystem::is_empty(file("a.mrc").parent_path()));
}

TEST_F(Mrc, AnUnfinishedStackLeavesNothingBehind) {
  {
    MrcStackWriter writer(file("a.mrc"), 2, 2, 3, {});
    writer.append(Image<float>(2, 2));
    EXPECT_NE(test::error_of([&] { writer.finish(); }), "");
    EXPECT_NE(test::error_of([&] { writer.append(Image<float>(2, 3)); }), "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(file("a.mrc").parent_path()));
}

// The same bytes as a stack has, in whatever order the rows come.
TEST_F(Mrc, AVolumeInPiecesIsTheSameFile) {
  constexpr int nx = 5, ny = 6, nz = 3;
  std::vector<Image<float>> planes;
  for (int z = 0; z < nz; ++z) {
    auto& plane = planes.emplace_back(nx, ny);
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x) plane(x, y) = static_cast<float>(100 * z + 10 * y + x) / 7.0F;
  }
  for (const MrcMode mode : {MrcMode::float32, MrcMode::float16}) {
    MrcWriteOptions options;
    options.mode = mode;
    options.volume = true;
    MrcStackWriter stack(file("stack.mrc"), nx, ny, nz, options);
    for (const auto& plane : planes) stack.append(plane);
    stack.finish();
    std::filesystem::remove(file("volume.mrc"));
    MrcVolumeWriter volume(file("volume.mrc"), nx, ny, nz, options);
    for (const int first_y : {4, 0, 2})
      for (const int z : {1, 2, 0})
        volume.write_rows(z, first_y,
                          planes[static_cast<std::size_t>(z)].view().part(0, first_y, nx, 2));
    EXPECT_FALSE(std::filesystem::exists(file("volume.mrc")));
    volume.finish();
    const auto expected = test::read_bytes(file("stack.mrc"));
    const auto found = test::read_bytes(file("volume.mrc"));
    ASSERT_EQ(found.size(), expected.size());
    EXPECT_TRUE(std::equal(found.begin() + 1024, found.end(), expected.begin() + 1024));
    const auto a = parse_mrc_header(std::span(found).first(1024), "a");
    const auto b = parse_mrc_header(std::span(expected).first(1024), "b");
    EXPECT_EQ(a.min, b.min);
    EXPECT_EQ(a.max, b.max);
    EXPECT_FLOAT_EQ(a.mean, b.mean);
    EXPECT_FLOAT_EQ(a.rms, b.rms);
    EXPECT_EQ(a.ispg, 1);
  }
}

TEST_F(Mrc, AnIncompleteVolumeLeavesNothingBehind) {
  {
    MrcVolumeWriter volume(file("volume.mrc"), 2, 3, 2, {});
    volume.write_rows(0, 0, Image<float>(2, 3));
    EXPECT_NE(test::error_of([&] { volume.finish(); }), "");
    EXPECT_NE(test::error_of([&] { volume.write_rows(0, 2, Image<float>(2, 2)); }), "");
    EXPECT_NE(test::error_of([&] { volume.write_rows(2, 0, Image<float>(2, 1)); }), "");
    EXPECT_NE(test::error_of([&] { volume.write_rows(0, 0, Image<float>(3, 1)); }), "");
    Image<float> bad(2, 1);
    bad(1, 0) = std::nanf("");
    EXPECT_NE(test::error_of([&] { volume.write_rows(1, 0, bad); }), "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(file("volume.mrc").parent_path()));
}

}  // namespace
}  // namespace gimbal
