// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/doubt.h"

#include <gtest/gtest.h>

namespace gimbal::tilt {
namespace {

TEST(Doubt, StandsBeforeOtherNotesTheWorstFirst) {
  Alignment a;
  a.notes = {"note"};
  add_doubt(a, Verdict::warn, "warning");
  EXPECT_EQ(a.verdict, Verdict::warn);
  add_doubt(a, Verdict::fail, "failure");
  add_doubt(a, Verdict::warn, "another");
  add_doubt(a, Verdict::warn, "warning");  // said already
  EXPECT_EQ(a.verdict, Verdict::fail);
  EXPECT_EQ(a.notes, (std::vector<std::string>{"failure", "another", "warning", "note"}));
}

}  // namespace
}  // namespace gimbal::tilt
