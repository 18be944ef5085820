// SPDX-License-Identifier: GPL-3.0-or-later
// What `gimbal info` and `gimbal validate` say of good and bad files.
#include "gimbal/io/describe.h"

#include "mrc_builder.h"

#include "gimbal/io/mrc.h"

#include <cmath>

namespace gimbal {
namespace {

using test::MrcBuilder;

class Describe : public test::ScratchTest {
 protected:
  static MrcBuilder movie() {
    MrcBuilder builder;
    builder.fill_header();
    for (int i = 0; i < 24; ++i) builder.add(static_cast<std::uint8_t>(i));
    return builder;
  }
  static const FileDescription::Value* fact(const FileDescription& description,
                                            const std::string& key) {
    for (const auto& [name, value] : description.facts)
      if (name == key) return &value;
    return nullptr;
  }
};

TEST_F(Describe, AMovieHasItsFacts) {
  const auto description = describe_file(write("a.mrc", movie().bytes()));
  EXPECT_EQ(description.kind, "image");
  EXPECT_TRUE(description.findings.empty());
  ASSERT_NE(fact(description, "n_frames"), nullptr);
  EXPECT_EQ(std::get<long>(*fact(description, "nx")), 4);
  EXPECT_EQ(std::get<long>(*fact(description, "n_frames")), 2);
  EXPECT_EQ(std::get<double>(*fact(description, "pixel_A")), 1.5);
  EXPECT_EQ(std::get<double>(*fact(description, "first_frame_max")), 11);
}

TEST_F(Describe, AStarFileHasItsBlocks) {
  write_text_atomically(file("a.star"), "data_global\n\nloop_\n_rlnTomoName #1\nTS_01\nTS_02\n");
  const auto description = describe_file(file("a.star"));
  EXPECT_EQ(description.kind, "star");
  EXPECT_EQ(std::get<long>(*fact(description, "rows_of_data_global")), 2);
  EXPECT_TRUE(check_file(file("a.star")).empty());
  write_text_atomically(file("b.star"), "loop_ without a block\n");
  EXPECT_NE(defect_mask(check_file(file("b.star"))), 0);
}

TEST_F(Describe, AnMdocHasItsImagesAndTilts) {
  write_text_atomically(file("a.mrc.mdoc"),
                        "PixelSpacing = 5.4\n\n[ZValue = 0]\nTiltAngle = -3.0\n"
                        "DateTime = 30-Nov-15  15:21:38\n\n[ZValue = 1]\nTiltAngle = 6.0\n"
                        "DateTime = 30-Nov-15  15:22:38\n");
  const auto description = describe_file(file("a.mrc.mdoc"));
  EXPECT_EQ(description.kind, "mdoc");
  EXPECT_EQ(std::get<long>(*fact(description, "n_images")), 2);
  EXPECT_EQ(std::get<double>(*fact(description, "tilt_max_deg")), 6.0);
  write_text_atomically(file("b.mdoc"), "PixelSpacing = 5.4\n");
  EXPECT_EQ(defect_mask(check_file(file("b.mdoc"))), 8);
}

TEST_F(Describe, GoodFilesHaveNoFindings) {
  EXPECT_TRUE(check_file(write("a.mrc", movie().bytes())).empty());
}

TEST_F(Describe, EachKindOfDefectHasItsBit) {
  const auto mask = [&](const MrcBuilder& builder) {
    return defect_mask(check_file(write("a.mrc", builder.bytes())));
  };
  EXPECT_EQ(defect_mask(check_file(file("missing.mrc"))), 8);
  EXPECT_EQ(defect_mask(check_file(write("noise.dat", test::Bytes(2000, std::byte{0xee})))), 8);
  MrcBuilder builder = movie();
  builder.put(12, 4);
  EXPECT_EQ(mask(builder), 8);
  builder = movie();
  builder.put(0, -5);
  EXPECT_EQ(mask(builder), 16);
  builder = movie();
  builder.data.pop_back();
  EXPECT_EQ(mask(builder), 32);
  builder = movie();
  builder.put(44, 99.0f);  // another pixel size along y
  EXPECT_EQ(mask(builder), 64);
}

TEST_F(Describe, NotANumberAnywhereIsFound) {
  MrcBuilder builder;
  builder.mode = 2;
  builder.fill_header();
  for (int i = 0; i < 24; ++i) builder.add(i == 17 ? std::nanf("") : 1.0f);
  const auto findings = check_file(write("a.mrc", builder.bytes()));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].defect, Defect::inconsistent);
  EXPECT_NE(findings[0].text.find("frame 2"), std::string::npos);
}

TEST_F(Describe, EmptyFramesOfAMovieAreFoundAndCounted) {
  MrcBuilder builder = movie();
  builder.put(8, 10), builder.put(36, 10);
  builder.data.resize(120);
  const auto findings = check_file(write("a.mrc", builder.bytes()));
  ASSERT_EQ(findings.size(), 4u);  // three frames by name, and the rest
  EXPECT_NE(findings[0].text.find("frame 3 are 0"), std::string::npos);
  EXPECT_EQ(findings[3].text, "and 5 more such frames");
}

}  // namespace
}  // namespace gimbal
