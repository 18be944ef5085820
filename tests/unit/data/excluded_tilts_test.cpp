// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/excluded_tilts.h"

#include "support/working_folder.h"

#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

TiltSeries series_of(int n) {
  TiltSeries series;
  series.global.set(label::tomo_name, "TS_01").set("mine", "x");
  for (int i = 1; i <= n; ++i) {
    Tilt& tilt = series.tilts.emplace_back();
    tilt.set(label::movie_name, "f/" + std::to_string(i) + ".mrc").set("other", "0.10");
  }
  return series;
}

// Takes out the tilts of these numbers.
ExcludedFromSeries taken_out(TiltSeries& series, const std::vector<std::size_t>& numbers) {
  ExcludedFromSeries excluded{series.global, numbers.size() == series.tilts.size(), {}};
  for (const auto number : numbers)
    excluded.tilts.push_back(
        {number, series.tilts[number - 1], "it is no. " + std::to_string(number)});
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number)
    series.tilts.erase(series.tilts.begin() + static_cast<std::ptrdiff_t>(*number - 1));
  return excluded;
}

std::string keys(const TiltSeries& series) {
  std::string text;
  for (const auto& tilt : series.tilts) text += tilt.key() + ' ';
  return text;
}

TEST(ExcludedTilts, ComeBackToTheirPlacesWithTheirReasons) {
  const WorkingFolder folder;
  for (const auto& numbers : std::vector<std::vector<std::size_t>>{{1}, {3, 4}, {1, 2, 6}, {6}}) {
    TiltSeries series = series_of(6);
    const auto before = keys(series);
    write_excluded_tilts("x.star", {taken_out(series, numbers)});
    const auto read = read_excluded_tilts("x.star");
    ASSERT_EQ(read.size(), 1u);
    EXPECT_FALSE(read[0].is_whole);
    const auto reasons = put_back(series, read[0]);
    EXPECT_EQ(keys(series), before);
    for (std::size_t i = 0; i < 6; ++i) {
      const bool was_out = std::count(numbers.begin(), numbers.end(), i + 1) > 0;
      EXPECT_EQ(reasons[i], was_out ? "it is no. " + std::to_string(i + 1) : "");
      EXPECT_EQ(series.tilts[i].fields().size(), 2u);  // nothing was added
      EXPECT_EQ(series.tilts[i].text("other"), "0.10");
    }
  }
}

TEST(ExcludedTilts, WholeSeriesKeepTheirRow) {
  const WorkingFolder folder;
  TiltSeries series = series_of(2);
  write_excluded_tilts("x.star", {taken_out(series, {1, 2})});
  const auto read = read_excluded_tilts("x.star");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_TRUE(read[0].is_whole);
  EXPECT_EQ(read[0].global.text("mine"), "x");
}

TEST(ExcludedTilts, NothingExcludedLeavesNoFile) {
  const WorkingFolder folder;
  EXPECT_TRUE(read_excluded_tilts("x.star").empty());
  TiltSeries series = series_of(2);
  write_excluded_tilts("x.star", {taken_out(series, {1})});
  EXPECT_TRUE(std::filesystem::exists("x.star"));
  write_excluded_tilts("x.star", {taken_out(series, {})});
  EXPECT_FALSE(std::filesystem::exists("x.star"));
}

TEST(ExcludedTilts, ShortSeriesAndTiltsThatAreThere) {
  TiltSeries full = series_of(6), series = series_of(2);
  const auto excluded = taken_out(full, {2, 5});
  EXPECT_EQ(put_back(series, excluded).size(), 3u);  // no. 2 stands in the series already
  EXPECT_EQ(keys(series), "f/1.mrc f/2.mrc f/5.mrc ");
}

TEST(ExcludedTilts, DamagedFilesAreRefused) {
  const WorkingFolder folder;
  for (const char* number : {"0", "-3", "1.5", "x", "nan", "99999999999"}) {
    write_text_atomically(
        "x.star", fmt::format("data_TS_01\nloop_\n_rlnMicrographMovieName\n_gimbalTiltNumber\n"
                              "_gimbalTiltReason\na.mrc {} why\n",
                              number));
    EXPECT_THROW(read_excluded_tilts("x.star"), Error) << number;
  }
  write_text_atomically("x.star", "data_TS_01\nloop_\n_rlnMicrographMovieName\na.mrc\n");
  EXPECT_THROW(read_excluded_tilts("x.star"), Error);
}

}  // namespace
}  // namespace gimbal
