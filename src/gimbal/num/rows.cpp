// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/rows.h"

#include "gimbal/core/simd.h"

#include <cstdint>

namespace gimbal {
namespace {

GIMBAL_MULTIVERSION void add(const float* row, int n, float* sum) {
  for (int x = 0; x < n; ++x) sum[x] += row[x];
}

GIMBAL_MULTIVERSION void multiply(const float* factor, int n, float* row) {
  for (int x = 0; x < n; ++x) row[x] *= factor[x];
}

GIMBAL_MULTIVERSION void add_pairs(const float* row, int n_out, float* sum) {
  for (int x = 0; x < n_out; ++x) sum[x] += row[2 * x] + row[2 * x + 1];
}

GIMBAL_MULTIVERSION void sum_two(const float* a, const float* b, int n, float* out) {
  for (int x = 0; x < n; ++x) out[x] = a[x] + b[x];
}

// The exponent of what is not finite has all bits set.
GIMBAL_MULTIVERSION std::uint32_t count_not_finite(const float* row, int n) {
  std::uint32_t bad = 0;
  for (int x = 0; x < n; ++x) {
    std::uint32_t bits;
    std::memcpy(&bits, row + x, sizeof bits);
    bad += (bits & 0x7f800000U) == 0x7f800000U ? 1U : 0U;
  }
  return bad;
}

GIMBAL_MULTIVERSION double interleaved_sum(const float* row, int n) {
  constexpr int lanes = 16;
  double sums[lanes] = {};
  int x = 0;
  for (; x + lanes <= n; x += lanes)
    for (int l = 0; l < lanes; ++l) sums[l] += static_cast<double>(row[x + l]);
  for (; x < n; ++x) sums[0] += static_cast<double>(row[x]);
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

void add_row(const float* row, int n, float* sum) {
  add(row, n, sum);
}
void multiply_row(const float* factor, int n, float* row) {
  multiply(factor, n, row);
}

void add_binned_row(const float* row, int bin, int n_out, float* sum) {
  if (bin == 1) return add(row, n_out, sum);
  if (bin == 2) return add_pairs(row, n_out, sum);
  for (int x = 0; x < n_out; ++x)
    for (int b = 0; b < bin; ++b) sum[x] += row[bin * x + b];
}

void sum_rows(const float* a, const float* b, int n, float* out) {
  sum_two(a, b, n, out);
}
double row_total(const float* row, int n) {
  return interleaved_sum(row, n);
}
bool all_finite(const float* row, int n) {
  return count_not_finite(row, n) == 0;
}

}  // namespace gimbal
