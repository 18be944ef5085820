// SPDX-License-Identifier: GPL-3.0-or-later
// MRC as it should not be: cut off, lying, malformed, and no file at all.
#include "mrc_builder.h"

#include "gimbal/io/file_error.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/mrc.h"

#include <sys/stat.h>

namespace gimbal {
namespace {

using test::error_of;
using test::MrcBuilder;

class MrcHostile : public test::ScratchTest {
 protected:
  // Opens the file and reads every frame.
  static Defect defect(const std::filesystem::path& path) {
    try {
      const auto reader = open_frames(path);
      RawFrame frame;
      for (int i = 0; i < reader->info().n_frames; ++i) reader->read(i, frame);
    } catch (const FileError& error) {
      return error.defect();
    } catch (const Error&) {
      return Defect::unreadable;
    }
    return Defect::none;
  }
  // A good file with one word of the header changed.
  std::filesystem::path with(std::size_t offset, int value) {
    MrcBuilder builder = good();
    builder.put(offset, value);
    return write("changed.mrc", builder.bytes());
  }
  static MrcBuilder good() {
    MrcBuilder builder;
    builder.fill_header();
    for (int i = 0; i < 24; ++i) builder.add(static_cast<std::uint8_t>(i));
    return builder;
  }
};

TEST_F(MrcHostile, EveryTruncationIsAnError) {
  const auto whole = good().bytes();
  for (std::size_t size = 0; size < whole.size(); size += size < 1000 ? 4 : 1) {
    const test::Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_EQ(defect(write("cut.mrc", cut)), Defect::truncated) << size << " bytes";
  }
  EXPECT_EQ(defect(write("whole.mrc", whole)), Defect::none);
}

TEST_F(MrcHostile, TruncationSaysWhatWasExpectedAndFound) {
  auto cut = good().bytes();
  cut.resize(1024 + 12 + 3);
  const auto text = error_of([&] { open_frames(write("cut.mrc", cut)); });
  EXPECT_NE(text.find("need 1048 bytes"), std::string::npos) << text;
  EXPECT_NE(text.find("has 1039"), std::string::npos) << text;
  EXPECT_NE(text.find("section 2"), std::string::npos) << text;
}

TEST_F(MrcHostile, SizesThatCannotBe) {
  for (const int value : {0, -1, 1 << 30, -(1 << 30)}) {
    EXPECT_NE(defect(with(0, value)), Defect::none) << value;
    EXPECT_NE(defect(with(4, value)), Defect::none) << value;
  }
  EXPECT_EQ(defect(with(0, 1 << 20)), Defect::truncated);
  EXPECT_EQ(defect(with(8, -1)), Defect::bad_header);
  EXPECT_EQ(defect(with(8, 3)), Defect::truncated);
}

TEST_F(MrcHostile, ModesThatAreNotImages) {
  EXPECT_EQ(defect(with(12, 4)), Defect::unreadable);
  EXPECT_NE(error_of([&] { open_frames(with(12, 4)); }).find("Fourier"), std::string::npos);
  for (const int mode : {-1, 5, 7, 16, 99, 1 << 24})
    EXPECT_NE(defect(with(12, mode)), Defect::none);
}

TEST_F(MrcHostile, ExtendedHeaderOutsideTheFile) {
  EXPECT_EQ(defect(with(92, 0x7fffffff)), Defect::truncated);
  EXPECT_EQ(defect(with(92, -1)), Defect::bad_header);
  EXPECT_EQ(defect(with(92, 1)), Defect::truncated);
}

TEST_F(MrcHostile, SectionCountsAreRepairedOnlyWhenTheSizeProvesThem) {
  MrcBuilder one;
  one.nz = 32766;
  one.fill_header();
  one.put(36, 1);  // mz is right
  one.data.resize(12);
  const auto reader = open_frames(write("one.mrc", one.bytes()));
  EXPECT_EQ(reader->info().n_frames, 1);
  ASSERT_EQ(reader->info().findings.size(), 1u);
  EXPECT_EQ(reader->info().findings[0].defect, Defect::bad_header);
  one.data.resize(13);
  EXPECT_EQ(defect(write("uneven.mrc", one.bytes())), Defect::truncated);

  EXPECT_EQ(open_frames(with(8, 0))->info().n_frames, 2);  // never filled in
  // A movie cut at the end of a frame is truncated, even when mz = 1 as MRC2014 wants for stacks.
  MrcBuilder movie = good();
  movie.put(8, 40), movie.put(36, 1);
  movie.data.resize(12);
  EXPECT_EQ(defect(write("movie.mrc", movie.bytes())), Defect::truncated);
}

TEST_F(MrcHostile, TrailingBytesAreReported) {
  auto bytes = good().bytes();
  bytes.resize(bytes.size() + 5);
  const auto reader = open_frames(write("long.mrc", bytes));
  ASSERT_EQ(reader->info().findings.size(), 1u);
  EXPECT_NE(reader->info().findings[0].text.find("5 bytes follow"), std::string::npos);
}

TEST_F(MrcHostile, FramesOutsideTheStack) {
  const auto reader = open_frames(write("good.mrc", good().bytes()));
  RawFrame frame;
  EXPECT_NE(error_of([&] { reader->read(2, frame); }), "");
  EXPECT_NE(error_of([&] { reader->read(-1, frame); }), "");
}

TEST_F(MrcHostile, NoFileFolderPipeEmptyOrForbidden) {
  EXPECT_NE(error_of([&] { open_frames(file("none.mrc")); }), "");
  EXPECT_NE(error_of([&] { open_frames(file("none.mrc").parent_path()); }), "");
  ASSERT_EQ(::mkfifo(file("pipe.mrc").c_str(), 0600), 0);
  EXPECT_NE(error_of([&] { open_frames(file("pipe.mrc")); }), "");
  EXPECT_NE(error_of([&] { open_frames(write("empty.mrc", {})); }).find("empty"),
            std::string::npos);
  if (::geteuid() == 0)
    GTEST_SKIP() << "the last part needs a user whom permissions bind: root may read everything";
  const auto closed = write("closed.mrc", good().bytes());
  ASSERT_EQ(::chmod(closed.c_str(), 0), 0);
  EXPECT_NE(error_of([&] { open_frames(closed); }), "");
}

}  // namespace
}  // namespace gimbal
