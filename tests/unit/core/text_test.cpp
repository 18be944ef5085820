// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/text.h"

#include <gtest/gtest.h>

namespace gimbal {

TEST(Text, NumbersAreWholeOrNothing) {
  EXPECT_EQ(parse_double(" -1.5e3 "), -1500.0);
  EXPECT_EQ(parse_double("+0.5"), 0.5);
  EXPECT_FALSE(parse_double("1.5x"));
  EXPECT_FALSE(parse_double(""));
  EXPECT_FALSE(parse_double("1,5"));
  EXPECT_EQ(parse_int("42"), 42);
  EXPECT_FALSE(parse_int("42.0"));
  EXPECT_FALSE(parse_int("99999999999999999999"));
}

TEST(Text, SplitKeepsEmptyPartsAndWordsDoNot) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(split("", ',').size(), 1u);
  EXPECT_EQ(split_words("  a \t b\r\n").size(), 2u);
  EXPECT_TRUE(split_words("   ").empty());
}

TEST(Text, ReplacesEveryOccurrence) {
  EXPECT_EQ(replace_all("a.b.c", ".", "_"), "a_b_c");
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
}

TEST(Text, SimilarTextsAreThoseOfFewChanges) {
  const std::vector<std::string> names{"TS_10", "TS_01", "grid2", "TS_100"};
  EXPECT_EQ(similar_texts("ts_01", names, 1), std::vector<std::string>{"TS_01"});
  EXPECT_EQ(similar_texts("TS_1", names), (std::vector<std::string>{"TS_10", "TS_01", "TS_100"}));
  EXPECT_EQ(similar_texts("gird2", names), std::vector<std::string>{"grid2"});
  EXPECT_TRUE(similar_texts("position_7", names).empty());
  EXPECT_TRUE(similar_texts("x", {}).empty());
}

TEST(Text, Wildcards) {
  EXPECT_TRUE(matches_wildcards("TS_01", "TS_01"));
  EXPECT_TRUE(matches_wildcards("TS_01", "*"));
  EXPECT_TRUE(matches_wildcards("TS_01", "TS_?1"));
  EXPECT_TRUE(matches_wildcards("a_b_c.mrc", "*_*.mrc"));
  EXPECT_TRUE(matches_wildcards("", "*"));
  EXPECT_FALSE(matches_wildcards("TS_01", "TS_0"));
  EXPECT_FALSE(matches_wildcards("TS_01", "S_01"));
  EXPECT_FALSE(matches_wildcards("TS_01", "TS_01?"));
  EXPECT_FALSE(matches_wildcards("", "?"));
  EXPECT_FALSE(matches_wildcards("abab", "*ba"));
}

}  // namespace gimbal
