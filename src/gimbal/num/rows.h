// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels on rows of pixels, built for several instruction sets.
#pragma once

namespace gimbal {

void add_row(const float* row, int n, float* sum);
void multiply_row(const float* factor, int n, float* row);
// sum[x] += the `bin` pixels from bin * x on; n_out values.
void add_binned_row(const float* row, int bin, int n_out, float* sum);
// out[x] = a[x] + b[x].
void sum_rows(const float* a, const float* b, int n, float* out);
// Sum of a row, in sixteen interleaved partial sums.
double row_total(const float* row, int n);
// Whether every value is a finite number.
bool all_finite(const float* row, int n);

}  // namespace gimbal
