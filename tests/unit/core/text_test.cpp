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

}  // namespace gimbal
