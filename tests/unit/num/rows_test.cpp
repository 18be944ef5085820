// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/rows.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace gimbal {

TEST(Rows, TotalIsTheSumForAnyLength) {
  for (const int n : {0, 1, 15, 16, 17, 4093}) {
    std::vector<float> row(static_cast<std::size_t>(n));
    for (int x = 0; x < n; ++x) row[static_cast<std::size_t>(x)] = 0.1F * static_cast<float>(x % 7);
    EXPECT_NEAR(row_total(row.data(), n), std::accumulate(row.begin(), row.end(), 0.0), 1e-9 * n);
  }
}

}  // namespace gimbal
