// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_selection.h"

#include "gimbal/data/labels.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

// TS_01: -6.01, -3.0, 0.0, 3.0, 6.0, and 3.0 once more; TS_02: 10 to 50 by 10.
std::vector<TiltSeries> two_series() {
  std::vector<TiltSeries> all;
  for (const auto& [name, angles] :
       {std::pair<const char*, std::vector<double>>{"TS_01", {-6.01, -3.0, 0.0, 3.0, 6.0, 3.02}},
        std::pair<const char*, std::vector<double>>{"TS_02", {10, 20, 30, 40, 50}}}) {
    TiltSeries& series = all.emplace_back();
    series.global.set(label::tomo_name, name);
    for (const double angle : angles) {
      Tilt& tilt = series.tilts.emplace_back();
      tilt.set(label::movie_name, fmt::format("frames/{}_{:03}.tif", name, series.tilts.size()));
      tilt.set(label::nominal_angle, angle);
    }
  }
  return all;
}

// "1 3|" : the numbers picked in each series.
std::string picked(const std::vector<std::string>& texts) {
  std::string found;
  for (const auto& series : select_tilts(texts, two_series(), "--tilts")) {
    for (std::size_t i = 0; i < series.size(); ++i)
      if (series[i]) found += std::to_string(i + 1) + ' ';
    found += '|';
  }
  return found;
}

std::string refused(const std::string& text) {
  try {
    picked({text});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "taken";
}

void expect_refused(const std::string& text, const std::vector<std::string>& words) {
  const auto message = refused(text);
  for (const auto& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << text << ": " << message;
}

TEST(TiltSelection, NumbersAndRanges) {
  EXPECT_EQ(picked({"TS_01:1,3-4; TS_02: 5 "}), "1 3 4 |5 |");
  EXPECT_EQ(picked({"TS_01:4-3"}), "3 4 ||");
  EXPECT_EQ(picked({"TS_01:5-99"}), "5 6 ||");
  EXPECT_EQ(picked({"TS_01:1", "TS_01:2;"}), "1 2 ||");
  EXPECT_EQ(picked({}), "||");
  EXPECT_EQ(picked({" ; "}), "||");
}

TEST(TiltSelection, Angles) {
  EXPECT_EQ(picked({"TS_01:-6"}), "1 ||");  // a sign makes it an angle
  EXPECT_EQ(picked({"TS_01:6.0,0deg"}), "3 5 ||");
  EXPECT_EQ(picked({"TS_01:+3"}), "4 6 ||");  // the same angle twice
  EXPECT_EQ(picked({"TS_01:-6.4"}), "1 ||");  // within half a degree
  EXPECT_EQ(picked({"TS_01:-3..3"}), "2 3 4 ||");
  EXPECT_EQ(picked({"*:3..20"}), "4 5 6 |1 2 |");
  EXPECT_EQ(picked({"TS_02:40deg..50°"}), "|4 5 |");
}

TEST(TiltSelection, NamesOfMoviesAndSeries) {
  EXPECT_EQ(picked({"TS_01:frames/TS_01_002.tif,TS_01_003.tif,TS_01_005"}), "2 3 5 ||");
  EXPECT_EQ(picked({"TS_*:*_004.tif"}), "4 |4 |");
  EXPECT_EQ(picked({"TS_0?:*"}), "1 2 3 4 5 6 |1 2 3 4 5 |");
  // Some of the series may lack what is named.
  EXPECT_EQ(picked({"*:6"}), "6 ||");
}

TEST(TiltSelection, SaysWhatIsWrongAndWhatIsExpected) {
  expect_refused("TS_1:1", {"--tilts", "'TS_1:1'", "there is no tilt series 'TS_1'",
                            "did you mean TS_01 or TS_02?"});
  expect_refused("position:1", {"there are: TS_01, TS_02"});
  expect_refused("TS_01:7", {"'7' names no tilt of TS_01", "which has 6 (numbers 1 to 6)",
                             "from -6.0 to 6.0 degrees"});
  expect_refused("TS_01:0", {"'0' names no tilt"});
  expect_refused("TS_01:45.0", {"'45.0' names no tilt of TS_01"});
  expect_refused("TS_01:40-", {"'40-' names no tilt", "an angle (-60.0 or 12deg)"});
  expect_refused("TS_01:TS_01_04.tif", {"did you mean TS_01_004.tif"});
  expect_refused("TS_01:1,,2", {"nothing between two commas", "numbers (40-41)"});
  expect_refused("TS_01:", {"nothing after ':'"});
  expect_refused("3", {"does not say which of the 2 tilt series", "'TS_01:3'", "'*:' for all"});
  for (const char* text : {"TS_01:nan", "TS_01:inf", "TS_01:1e999", "TS_01:1..", "TS_01:..", ":1",
                           "TS_01:99999999999999999999", "TS_01:-", "TS_01:1-2-3"})
    EXPECT_NE(refused(text), "taken") << text;
}

TEST(TiltSelection, TheOnlySeriesNeedsNoName) {
  auto one = two_series();
  one.pop_back();
  EXPECT_EQ(select_tilts({"2,-6.01"}, one, "--tilts").front(),
            (std::vector<bool>{true, true, false, false, false, false}));
}

}  // namespace
}  // namespace gimbal
