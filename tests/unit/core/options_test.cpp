// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/options.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {

TEST(Options, ValuesOutOfRangeNameOptionValueAndRange) {
  double bin = 0.5;
  OptionTable table;
  table.add("bin_factor", bin, {.help = "Binning", .min = 1, .max = 64});
  try {
    table.validate();
    FAIL() << "0.5 was accepted";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "--bin_factor is 0.5, but must be between 1 and 64");
  }
  bin = std::nan("");
  EXPECT_THROW(table.validate(), UsageError);
  bin = 2;
  EXPECT_NO_THROW(table.validate());
}

TEST(Options, WordsMustBeAmongTheChoices) {
  std::string word = "fiducial";
  OptionTable table;
  table.add("method", word, {.help = "Method", .choices = {"auto", "patches"}});
  EXPECT_THROW(table.validate(), UsageError);
  word = "auto";
  EXPECT_NO_THROW(table.validate());
}

}  // namespace gimbal
