// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/parallel.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace gimbal {

TEST(Parallel, EveryIndexOnce) {
  std::vector<int> hits(1000);
  Arena arena(3);
  arena.run([&] { parallel_for(1000, [&](int i) { ++hits[static_cast<std::size_t>(i)]; }); });
  for (int hit : hits) EXPECT_EQ(hit, 1);
}

TEST(Parallel, BlocksCoverTheRangeWithoutOverlap) {
  std::atomic<int> sum{0};
  parallel_blocks(103, 10, [&](int begin, int end) {
    EXPECT_LE(end - begin, 10);
    for (int i = begin; i < end; ++i) sum += i;
  });
  EXPECT_EQ(sum, 103 * 102 / 2);
}

TEST(Parallel, JobsAreAllDone) {
  int a = 0, b = 0;
  parallel_do({[&] { a = 1; }, [&] { parallel_do({[&] { b = 2; }}); }});
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
  EXPECT_THROW(parallel_do({[] {}, [] { fail("no"); }}), Error);
}

TEST(Parallel, ErrorsComeBack) {
  EXPECT_THROW(parallel_for(10,
                            [](int i) {
                              if (i == 7) fail("seven");
                            }),
               Error);
}

}  // namespace gimbal
