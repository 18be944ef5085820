// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/failed_movies.h"

#include "support/working_folder.h"

#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

TEST(FailedMovies, ComeBackAsTheyWere) {
  const WorkingFolder folder;
  write_failed_movies("list.star", {{"TS_01", "frames/a b.mrc", "it is cut off, at byte 7"},
                                    {"TS_02", "None", "it's \"odd\""}});
  const auto failed = read_failed_movies("list.star");
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].movie, "frames/a b.mrc");
  EXPECT_EQ(failed[0].reason, "it is cut off, at byte 7");
  EXPECT_EQ(failed[1].series, "TS_02");
  EXPECT_EQ(failed[1].reason, "it's \"odd\"");
  write_failed_movies("list.star", {});
  EXPECT_FALSE(fs::exists("list.star"));
  EXPECT_TRUE(read_failed_movies("list.star").empty());
  write_text_atomically("list.star", "data_other\n_a 1\n");
  EXPECT_THROW(read_failed_movies("list.star"), Error);
}

TEST(FailedMovies, AreFoundBesideTheSeriesAndAboveItsImages) {
  const WorkingFolder folder;
  TiltSeries series;
  EXPECT_EQ(find_failed_movies("job3/set.star", series), "");
  series.tilts.emplace_back().set(label::micrograph_name, "job2/frames/day 1/a.mrc");
  EXPECT_EQ(find_failed_movies("job3/set.star", series), "");
  fs::create_directories("job2/frames");
  write_failed_movies("job2/failed_movies.star", {{"TS", "b.mrc", "why"}});
  EXPECT_EQ(find_failed_movies("job3/set.star", series), "job2/failed_movies.star");
  EXPECT_EQ(find_failed_movies("job2/set.star", series), "job2/failed_movies.star");
}

}  // namespace
}  // namespace gimbal
