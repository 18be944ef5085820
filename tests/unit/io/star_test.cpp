// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/star.h"

#include "support/shared_data.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace gimbal {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_star(text, "x.star");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

StarTable only_table(const std::string& text) {
  return parse_star(text, "x.star").tables.at(0);
}

TEST(Star, NumbersHaveRelionsFormat) {
  const std::pair<double, std::string> samples[] = {{300.0, "300.000000"},
                                                    {-4.0, "-4.00000"},
                                                    {0.003997, "0.003997"},
                                                    {-8.41783e-4, "-8.41783e-04"},
                                                    {9.360878e-4, "9.360878e-04"},
                                                    {-0.00194, "-0.00194"},
                                                    {39531.73, "39531.730000"},
                                                    {-102.248633, "-102.24863"},
                                                    {0.0, "0.000000"},
                                                    {-0.0, "0.000000"},
                                                    {0.001, "0.001000"},
                                                    {1234567.0, "1.234567e+06"},
                                                    {-3.14734e-05, "-3.14734e-05"}};
  for (const auto& [value, text] : samples) EXPECT_EQ(star_number(value), text);
}

// Every number in RELION's own files, printed again from the value read.
TEST(Star, NumbersOfRelionsOwnFilesComeOutTheSame) {
  const auto folder = shared_data("relion_reference");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("relion_reference");
  int checked = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto path = entry.path().string();
    if (!path.ends_with(".star") || path.find("MotionCorr") == std::string::npos) continue;
    const auto text = read_text(path);
    for (const auto word : split_words(text)) {
      const auto value = parse_double(word);
      if (!value || word.find('.') == std::string::npos) continue;
      EXPECT_EQ(star_number(*value), word) << path;
      ++checked;
    }
  }
  EXPECT_GT(checked, 1000);
}

TEST(Star, FilesOfRelionComeOutByteForByte) {
  const auto folder = shared_data("relion_reference");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("relion_reference");
  int checked = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto path = entry.path().string();
    if (!path.ends_with(".star") || path.find("/Import/") != std::string::npos ||
        path.find("AlignTilt") != std::string::npos)
      continue;  // those two were not written by RELION's C++ programs
    const auto text = read_text(path);
    EXPECT_EQ(star_text(parse_star(text, path)), text) << path;
    ++checked;
  }
  EXPECT_GT(checked, 15);
}

TEST(Star, ListsAreAlignedAsRelionDoes) {
  StarDocument document;
  document.tables.emplace_back(StarTable::Shape::list, "general");
  document.tables.back()
      .pair("rlnImageSizeX", 512)
      .pair("rlnMicrographMovieName", "frames/TS_01_001_6.0.mrc")
      .pair("rlnMicrographOriginalPixelSize", 5.4);
  document.tables.emplace_back(StarTable::Shape::loop, "hot_pixels",
                               std::vector<std::string>{"rlnCoordinateX", "rlnCoordinateY"});
  document.tables.back().add_row({417.0, 337.0});
  EXPECT_EQ(star_text(document),
            "\n# version 50001\n\ndata_general\n\n"
            "_rlnImageSizeX                                      512\n"
            "_rlnMicrographMovieName                    frames/TS_01_001_6.0.mrc\n"
            "_rlnMicrographOriginalPixelSize                5.400000\n \n"
            "\n# version 50001\n\ndata_hot_pixels\n\nloop_ \n"
            "_rlnCoordinateX #1 \n_rlnCoordinateY #2 \n  417.000000   337.000000 \n \n");
}

TEST(Star, KeepsCommentsUnknownBlocksAndText) {
  const std::string text =
      "# Created by the starfile Python package (version 0.5)\n\n\ndata_global\n\n"
      "loop_\n_rlnTomoName #1\n_myColumn #2 mine\n# inside\nTS_01\t1.50\nTS_02\t0x7f # late\n\n"
      "# above\ndata_extra\n_someKey  'two words'\n# at the end\n";
  const auto document = parse_star(text, "x.star");
  ASSERT_EQ(document.tables.size(), 2u);
  const auto& global = document.tables[0];
  EXPECT_EQ(global.comments,
            (std::vector<std::string>{"# Created by the starfile Python package (version 0.5)",
                                      "#2 mine", "# inside", "# late"}));
  EXPECT_EQ(global.at(0, "myColumn"), "1.50");
  EXPECT_EQ(global.at(1, "myColumn"), "0x7f");
  EXPECT_EQ(document.tables[1].comments, (std::vector<std::string>{"# above", "# at the end"}));
  EXPECT_EQ(document.tables[1].at(0, "someKey"), "two words");
  const auto again = parse_star(star_text(document), "y.star");
  EXPECT_EQ(star_text(again), star_text(document));
  EXPECT_EQ(again.tables[1].at(0, "someKey"), "two words");
}

TEST(Star, AwkwardValuesSurviveARoundTrip) {
  const std::string values[] = {"",
                                "two words",
                                "it's",
                                "a\"b",
                                "say \"hi\" now",
                                "#1",
                                "_label",
                                "data_may/x.mrc",
                                "loop_",
                                "'quoted'",
                                "[1,2,3]",
                                "$x",
                                ";x",
                                "None",
                                "two\nlines",
                                "gr\xc3\xb6\xc3\x9f"
                                "e.mrc",
                                "a\"#b c"};
  for (const auto& value : values) {
    StarDocument document;
    document.tables.emplace_back(StarTable::Shape::loop, "t",
                                 std::vector<std::string>{"a", "b", "c"});
    document.tables.back().add_row({value, "x", value});
    const auto text = star_text(document);
    const auto again = parse_star(text, "x");
    ASSERT_EQ(again.tables.size(), 1u) << text;
    EXPECT_EQ(again.tables[0].at(0, "a"), value) << text;
    EXPECT_EQ(again.tables[0].at(0, "c"), value) << text;
  }
}

TEST(Star, BareNamesThatLookLikeKeywordsAreValues) {
  const auto table =
      only_table("data_global\nloop_\n_a\n_b\ndata_may/x.mrc 1\nframes/y.mrc data_2\n");
  ASSERT_EQ(table.n_rows(), 2u);
  EXPECT_EQ(table.at(0, "a"), "data_may/x.mrc");
  EXPECT_EQ(table.at(1, "b"), "data_2");
  EXPECT_EQ(only_table("data_g\n_a data_x\n").at(0, "a"), "data_x");
  EXPECT_EQ(only_table("data_g\nloop_\n_a\ngr\xc3\xb6"
                       "n.mrc\n")
                .at(0, "a"),
            "gr\xc3\xb6"
            "n.mrc");
}

TEST(Star, WindowsLineEndsEmptyLoopsAndUnnamedBlocks) {
  const auto table = only_table("data_\r\n\r\nloop_\r\n_a #1\r\n_b #2\r\n1 2\r\n");
  EXPECT_EQ(table.name, "");
  EXPECT_EQ(table.at(0, "b"), "2");
  const auto empty = only_table("data_x\nloop_\n_a\n_b\n");
  EXPECT_EQ(empty.n_rows(), 0u);
  EXPECT_EQ(empty.n_columns(), 2u);
  EXPECT_EQ(parse_star("data_x\n", "x").tables.size(), 1u);
}

TEST(Star, BlockNamesIgnoreCaseUnlessAmbiguous) {
  const auto document = parse_star("data_Global\n_a 1\ndata_x\n_a 2\ndata_X\n_a 3\n", "x");
  EXPECT_EQ(document.at("global").at(0, "a"), "1");
  EXPECT_EQ(document.at("X").at(0, "a"), "3");
  try {
    document.at("particles");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("data_Global, data_x, data_X"), std::string::npos);
  }
}

TEST(Star, ErrorsSayWhere) {
  EXPECT_EQ(error_of("data_a\n\nloop_\n_x #1\n_y #2\n1 2\n3\n4 5\n"),
            "x.star: line 7 has 1 values, but the loop has 2 columns; correct or remove that row");
  EXPECT_NE(error_of("data_a\nloop_\n_x\n_x\n1 2\n").find("the column _x twice"),
            std::string::npos);
  EXPECT_NE(error_of("data_a\n_x 1\n_x 2\n").find("the column _x twice"), std::string::npos);
  EXPECT_NE(error_of("data_a\n_x 1\ndata_a\n_x 2\n").find("two blocks named data_a"),
            std::string::npos);
  EXPECT_NE(error_of("data_a\n_x 'abc\n").find("line 2"), std::string::npos);
  EXPECT_NE(error_of("data_a\n_x\n").find("_x has no value"), std::string::npos);
  EXPECT_NE(error_of("hello\n").find("line 1"), std::string::npos);
  EXPECT_NE(error_of(" \n").find("empty"), std::string::npos);
  EXPECT_NE(error_of(std::string("data_a\n\0", 8)).find("control character 0x00"),
            std::string::npos);
  EXPECT_NE(error_of("data_a\nloop_\n_x\n1\nloop_\n_y\n2\n").find("more than one table"),
            std::string::npos);
}

TEST(Star, ControlCharactersAreNotWritten) {
  StarTable table(StarTable::Shape::loop, "t", {"a"});
  table.add_row({"bell\a"});
  EXPECT_THROW(table.text(), Error);
}

TEST(Star, TextFieldsAndOtherAlphabetsSurviveARoundTrip) {
  const std::string text =
      "data_a\r\nloop_\r\n_x\r\n_y\r\n1 'it's'\r\n;two\r\nlines\r\n;\r\ncaf\xc3\xa9\r\n";
  const auto table = only_table(text);
  EXPECT_EQ(table.at(1, "x"), "two\nlines");
  EXPECT_EQ(table.at(1, "y"), "caf\xc3\xa9");
  const auto again = only_table(table.text());
  for (std::size_t row = 0; row < 2; ++row)
    for (std::size_t c = 0; c < 2; ++c) EXPECT_EQ(again.at(row, c), table.at(row, c));
}

TEST(Star, ColumnsAreAddedSetAndErased) {
  auto table = only_table("data_a\nloop_\n_x\n_y\n1 2\n3 4\n");
  table.set(1, "z", 2.5);
  EXPECT_EQ(table.at(0, "z"), "None");
  EXPECT_EQ(table.at(1, "z"), "2.500000");
  table.erase_column("x");
  EXPECT_EQ(table.labels(), (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(table.at(1, "y"), "4");
  EXPECT_THROW(table.at(0, "x"), Error);
  EXPECT_THROW(table.number(0, "z"), Error);
  EXPECT_THROW(table.add_row({1}), Error);
}

TEST(Star, TenThousandRowsAreFast) {
  StarTable table(StarTable::Shape::loop, "x", {"rlnMicrographMovieName"});
  for (int c = 0; c < 12; ++c) table.add_column("rlnValue" + std::to_string(c));
  for (int row = 0; row < 10000; ++row) {
    std::vector<StarValue> values{"frames/TS_01_" + std::to_string(row) + "_-36.0.mrc"};
    for (int c = 0; c < 12; ++c) values.emplace_back(row * 0.37 + c);
    table.add_row(std::move(values));
  }
  StarDocument document{"x", {table}};
  const auto text = star_text(document);
  const auto start = std::chrono::steady_clock::now();
  const auto again = parse_star(text, "x");
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_EQ(again.tables[0].n_rows(), 10000u);
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 2.0);  // 0.05 s here; wide, for busy machines and sanitizers
}

}  // namespace
}  // namespace gimbal
