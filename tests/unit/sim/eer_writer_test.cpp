// SPDX-License-Identifier: GPL-3.0-or-later
// EER files as written by the simulation and read back through the reader of real movies.
#include "gimbal/sim/eer_writer.h"

#include "gimbal/io/file_error.h"
#include "gimbal/io/frame_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

namespace gimbal {
namespace {

class EerFile : public ::testing::Test {
 protected:
  EerFile() {
    folder_ = std::filesystem::temp_directory_path() /
              ("gimbal_eer_" + std::to_string(::getpid()) +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  ~EerFile() override { std::filesystem::remove_all(folder_); }

  // Raw frame f has electrons at quarter pixels (4 f, 0) and (4 i, 4 + i % 4) for each i < nx.
  std::filesystem::path movie(int n_frames, EerWriteOptions options = {}) const {
    const auto path = folder_ / "movie.eer";
    std::filesystem::remove(path);
    EerWriter writer(path, nx, ny, options);
    for (int f = 0; f < n_frames; ++f) {
      std::vector<EerElectron> electrons{{static_cast<std::uint16_t>(4 * f), 0}};
      for (std::uint16_t i = 0; i < nx; ++i)
        electrons.push_back(
            {static_cast<std::uint16_t>(4 * i), static_cast<std::uint16_t>(4 + i % 4)});
      writer.append(electrons);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    writer.finish();
    return path;
  }
  static int sum(const RawFrame& frame) {
    return std::accumulate(frame.bytes.begin(), frame.bytes.end(), 0,
                           [](int a, std::byte b) { return a + std::to_integer<int>(b); });
  }
  // Overwrites bytes of the compressed raw frame that begins after the 16-byte header.
  static void damage_first_frame(const std::filesystem::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(16);
    file.write("\xfe\xfe\xfe\xfe\xfe\xfe", 6);
  }

  static constexpr int nx = 48, ny = 40;
  std::filesystem::path folder_;
};

TEST_F(EerFile, FractionsAreSumsOfRawFrames) {
  for (const int compression : {65000, 65001, 65002}) {
    EerWriteOptions options;
    options.compression = compression;
    const auto reader = open_frames(movie(11, options), {.grouping = 4, .upsampling = 1});
    const auto& info = reader->info();
    EXPECT_EQ(info.n_raw_frames, 11);
    EXPECT_EQ(info.n_frames, 2);
    EXPECT_EQ(info.nx, nx);
    EXPECT_EQ(info.ny, ny);
    EXPECT_EQ(info.type, PixelType::uint8);
    EXPECT_NE(info.format.find(std::to_string(compression)), std::string::npos);
    ASSERT_EQ(info.findings.size(), 1u);  // the remainder of 3
    EXPECT_EQ(info.findings[0].severity, Severity::note);
    RawFrame frame;
    reader->read(1, frame);
    std::vector<float> row(nx);
    frame.row_to_float(0, row.data());
    for (int x = 0; x < nx; ++x)
      EXPECT_EQ(row[static_cast<std::size_t>(x)], x >= 4 && x < 8 ? 1 : 0);
    frame.row_to_float(1, row.data());
    EXPECT_EQ(std::count(row.begin(), row.end(), 4.0f), nx);
    EXPECT_EQ(sum(frame), 4 * (nx + 1));
  }
}

TEST_F(EerFile, UpsamplingPutsElectronsAtSubPixels) {
  const auto path = movie(2);
  for (const int upsampling : {2, 3}) {
    const auto reader = open_frames(path, {.grouping = 2, .upsampling = upsampling});
    const int scale = 1 << (upsampling - 1);
    ASSERT_EQ(reader->info().nx, nx * scale);
    RawFrame frame;
    reader->read(0, frame);
    std::vector<float> row(static_cast<std::size_t>(nx * scale));
    for (int sub = 0; sub < scale; ++sub) {
      frame.row_to_float(scale + sub, row.data());
      for (int x = 0; x < nx; ++x)
        EXPECT_EQ(row[static_cast<std::size_t>(x * scale)], x % 4 * scale / 4 == sub ? 2 : 0);
    }
  }
}

TEST_F(EerFile, ManyRawFramesInAFractionDoNotOverflow) {
  const auto reader = open_frames(movie(48), {.grouping = 48, .upsampling = 1});
  EXPECT_EQ(reader->info().type, PixelType::uint8);
  EerWriter writer(folder_ / "long.eer", 4, 4, {});
  for (int i = 0; i < 300; ++i) writer.append({{5, 5}});
  writer.finish();
  const auto wide = open_frames(folder_ / "long.eer", {.grouping = 300, .upsampling = 1});
  ASSERT_EQ(wide->info().type, PixelType::uint16);
  RawFrame frame;
  wide->read(0, frame);
  float row[4];
  frame.row_to_float(1, row);
  EXPECT_EQ(row[1], 300);
}

TEST_F(EerFile, MetadataComeBack) {
  EerWriteOptions options;
  options.exposure_e_A2 = 3.0;
  options.pixel_A = 1.5;
  options.n_frames = 5;
  const auto reader = open_frames(movie(5, options), {.grouping = 5, .upsampling = 2});
  EXPECT_NEAR(reader->info().exposure_e_A2, 3.0, 1e-6);
  EXPECT_NEAR(reader->info().pixel_A, 0.75, 1e-9);  // of the upsampled pixels
  EXPECT_TRUE(reader->info().findings.empty());
  options.n_frames = 60;
  const auto lying = open_frames(movie(5, options), {.grouping = 5, .upsampling = 1});
  ASSERT_EQ(lying->info().findings.size(), 1u);
  EXPECT_EQ(lying->info().findings[0].defect, Defect::inconsistent);
}

TEST_F(EerFile, ADamagedRawFrameIsLeftOutAndReported) {
  const auto path = movie(4);
  damage_first_frame(path);
  const auto reader = open_frames(path, {.grouping = 2, .upsampling = 1});
  RawFrame frame;
  reader->read(0, frame);
  EXPECT_EQ(sum(frame), nx + 1);
  ASSERT_EQ(reader->findings().size(), 1u);
  EXPECT_NE(reader->findings()[0].text.find("raw frame 1 "), std::string::npos);
  const auto single = open_frames(path, {.grouping = 1, .upsampling = 1});
  EXPECT_THROW(single->read(0, frame), FileError);  // never silently empty
  single->read(1, frame);
  EXPECT_EQ(sum(frame), nx + 1);
}

TEST_F(EerFile, TruncationIsAnError) {
  const auto path = movie(6);
  const auto size = std::filesystem::file_size(path);
  for (auto cut = size - 1; cut > 300; cut -= 211) {
    std::filesystem::resize_file(path, cut);
    EXPECT_THROW(open_frames(path, {.grouping = 1, .upsampling = 1}), Error) << cut;
  }
}

TEST_F(EerFile, SettingsThatCannotBe) {
  const auto path = movie(3);
  EXPECT_THROW(open_frames(path, {.grouping = 4, .upsampling = 1}), Error);
  EXPECT_THROW(open_frames(path, {.grouping = 0, .upsampling = 1}), Error);
  EXPECT_THROW(open_frames(path, {.grouping = 1, .upsampling = 4}), Error);
  EerWriteOptions one_bit;
  one_bit.compression = 65002;
  EXPECT_THROW(open_frames(movie(3, one_bit), {.grouping = 1, .upsampling = 3}), Error);
}

TEST_F(EerFile, ThreadsReadTheSame) {
  const auto reader = open_frames(movie(12), {.grouping = 3, .upsampling = 2});
  std::vector<RawFrame> alone(4), together(4);
  for (int i = 0; i < 4; ++i) reader->read(i, alone[static_cast<std::size_t>(i)]);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] { reader->read(i, together[static_cast<std::size_t>(i)]); });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(alone[i].bytes, together[i].bytes);
}

}  // namespace
}  // namespace gimbal
