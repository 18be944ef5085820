// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/prime_dft.h"

#include "gimbal/core/simd.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal {
namespace {

using cfloat = std::complex<float>;

constexpr int max_half = 100;  // (largest prime - 1) / 2
constexpr int width = 8;       // complex numbers in a vector

// (re, im) -> (im, re) in each complex number.
[[gnu::always_inline]] inline Float16 swapped(Float16 v) {
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
}
// The eight complex numbers in opposite order.
[[gnu::always_inline]] inline Float16 reversed(Float16 v) {
  return __builtin_shufflevector(v, v, 14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1);
}
constexpr Float16 even_minus = {-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1};
constexpr Float16 odd_minus = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};

[[gnu::always_inline]] inline Float16 real_parts(Float16 v) {
  return __builtin_shufflevector(v, v, 0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14);
}
[[gnu::always_inline]] inline Float16 imaginary_parts(Float16 v) {
  return __builtin_shufflevector(v, v, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);
}
[[gnu::always_inline]] inline Float16 times(Float16 a, Float16 b) {
  return a * real_parts(b) + swapped(a) * (imaginary_parts(b) * even_minus);
}

struct DensePass {
  int prime, rest;
  std::ptrdiff_t out_pitch;  // in floats
  float sign;
  const float* cosine;
  const float* sine;
  const float*
      twiddle;  // for each row and vector: real parts twice each, imaginary parts as (-, +)
};

// Columns n2 .. n2+7 of a row of the line; the last ones may be fewer, and nothing is read past the
// end.
[[gnu::always_inline]] inline Float16 load_columns(const DensePass& p, const float* in, int row,
                                                   int n2) {
  const float* from = in + 2 * (static_cast<std::ptrdiff_t>(row) * p.rest + n2);
  if (n2 + width <= p.rest) return load16(from);
  Float16 v{};
  std::memcpy(&v, from, static_cast<std::size_t>(p.rest - n2) * sizeof(cfloat));
  return v;
}

// One vector of columns n2 .. n2+7: sums and differences of mirrored rows, then a dense product.
template <int n_k>
[[gnu::always_inline]] inline void rows_from_k(const DensePass& p, int k, const Float16* sums,
                                               const Float16* differences, Float16 first, int n2,
                                               float* out) {
  const int half = (p.prime - 1) / 2;
  Float16 c[n_k], s[n_k];
  for (int i = 0; i < n_k; ++i) {
    c[i] = first;
    s[i] = Float16{};
  }
  for (int j = 0; j < half; ++j)
    for (int i = 0; i < n_k; ++i) {
      c[i] += sums[j] * p.cosine[(k + i) * half + j];
      s[i] += differences[j] * p.sine[(k + i) * half + j];
    }
  for (int i = 0; i < n_k; ++i) {
    const int low = k + i + 1, high = p.prime - low;
    const Float16 turned = swapped(s[i]) * (odd_minus * p.sign);  // -i s for the forward transform
    for (const auto& [row, value] :
         {std::pair{low, c[i] + turned}, std::pair{high, c[i] - turned}}) {
      const float* twiddle = p.twiddle + 2 * (row * p.out_pitch + 2 * n2);
      store16(out + row * p.out_pitch + 2 * n2,
              value * load16(twiddle) + swapped(value) * load16(twiddle + 2 * width));
    }
  }
}

// The last n rows, fewer than a full group.
[[gnu::always_inline]] inline void last_rows(int n, const DensePass& p, int k, const Float16* sums,
                                             const Float16* differences, Float16 first, int n2,
                                             float* out) {
  switch (n) {
    case 1:
      return rows_from_k<1>(p, k, sums, differences, first, n2, out);
    case 2:
      return rows_from_k<2>(p, k, sums, differences, first, n2, out);
    case 3:
      return rows_from_k<3>(p, k, sums, differences, first, n2, out);
    case 4:
      return rows_from_k<4>(p, k, sums, differences, first, n2, out);
    default:
      return;
  }
}

GIMBAL_MULTIVERSION void dense_pass(const DensePass& p, const float* in, float* out) {
  const int half = (p.prime - 1) / 2;
  Float16 sums[max_half], differences[max_half];
  for (int n2 = 0; n2 < p.rest; n2 += width) {
    const Float16 first = load_columns(p, in, 0, n2);
    Float16 total = first;
    for (int j = 0; j < half; ++j) {
      const Float16 a = load_columns(p, in, j + 1, n2),
                    b = load_columns(p, in, p.prime - 1 - j, n2);
      sums[j] = a + b;
      differences[j] = a - b;
      total += sums[j];
    }
    store16(out + 2 * n2, total);  // k1 = 0: all twiddle factors are 1
    int k = 0;
    for (; k + 5 <= half; k += 5) rows_from_k<5>(p, k, sums, differences, first, n2, out);
    last_rows(half - k, p, k, sums, differences, first, n2, out);
  }
}

const float* floats(const cfloat* p) {
  return reinterpret_cast<const float*>(p);
}
float* floats(cfloat* p) {
  return reinterpret_cast<float*>(p);
}

GIMBAL_MULTIVERSION void untangle_vectors(const float* z, const float* w, int h, float* x) {
  int k = 0;
  for (; k + width <= h + 1; k += width) {
    const Float16 a = load16(z + 2 * k);
    const Float16 b = reversed(load16(z + 2 * (h - k - width + 1))) * odd_minus;
    const Float16 d = times(a - b, load16(w + 2 * k));
    store16(x + 2 * k, (a + b + swapped(d) * odd_minus) * 0.5F);  // -i d = (im, -re)
  }
  for (; k <= h; ++k) {
    const cfloat a(z[2 * k], z[2 * k + 1]), b(z[2 * (h - k)], -z[2 * (h - k) + 1]);
    const cfloat d = (a - b) * cfloat(w[2 * k], w[2 * k + 1]);
    x[2 * k] = 0.5F * (a.real() + b.real() + d.imag());
    x[2 * k + 1] = 0.5F * (a.imag() + b.imag() - d.real());
  }
}

GIMBAL_MULTIVERSION void tangle_vectors(const float* x, const float* w, int h, float* z) {
  int k = 0;
  for (; k + width <= h; k += width) {
    const Float16 a = load16(x + 2 * k);
    const Float16 b = reversed(load16(x + 2 * (h - k - width + 1))) * odd_minus;
    const Float16 d = times(a - b, load16(w + 2 * k));
    store16(z + 2 * k, a + b + swapped(d) * even_minus);  // i d = (-im, re)
  }
  for (; k < h; ++k) {
    const cfloat a(x[2 * k], x[2 * k + 1]), b(x[2 * (h - k)], -x[2 * (h - k) + 1]);
    const cfloat d = (a - b) * cfloat(w[2 * k], w[2 * k + 1]);
    z[2 * k] = a.real() + b.real() - d.imag();
    z[2 * k + 1] = a.imag() + b.imag() + d.real();
  }
}

}  // namespace

PrimeDft::PrimeDft(int prime, int rest, bool forward)
    : prime_(prime),
      rest_(rest),
      pitch_(static_cast<std::size_t>((rest + width - 1) / width * width)),
      sign_(forward ? 1.0F : -1.0F),
      twiddle_(4 * static_cast<std::size_t>(prime) * pitch_) {
  const int half = (prime - 1) / 2;
  const long n = static_cast<long>(prime) * rest;
  for (int k = 1; k <= half; ++k)
    for (int j = 1; j <= half; ++j) {
      const double angle = 2.0 * std::numbers::pi * ((k * j) % prime) / prime;
      cosine_.push_back(static_cast<float>(std::cos(angle)));
      sine_.push_back(static_cast<float>(std::sin(angle)));
    }
  for (long k = 0; k < prime; ++k)
    for (long m = 0; m < rest; ++m) {
      const double angle =
          -sign_ * 2.0 * std::numbers::pi * static_cast<double>(k * m % n) / static_cast<double>(n);
      const auto column = static_cast<std::size_t>(m % width),
                 vector = static_cast<std::size_t>(m) - column;
      float* at =
          twiddle_.data() + 4 * (static_cast<std::size_t>(k) * pitch_ + vector) + 2 * column;
      at[0] = at[1] = static_cast<float>(std::cos(angle));
      at[2 * width] = -static_cast<float>(std::sin(angle));
      at[2 * width + 1] = static_cast<float>(std::sin(angle));
    }
}

void PrimeDft::run(const cfloat* in, cfloat* out) const {
  const DensePass pass{prime_,         rest_,          static_cast<std::ptrdiff_t>(2 * pitch_),
                       sign_,          cosine_.data(), sine_.data(),
                       twiddle_.data()};
  dense_pass(pass, floats(in), floats(out));
}

void PrimeDft::interleave(const cfloat* in, cfloat* out) const {
  constexpr int block = 16;  // rows at a time, so that both sides stay in the first cache
  for (int k0 = 0; k0 < prime_; k0 += block) {
    const int end = std::min(prime_, k0 + block);
    for (int m = 0; m < rest_; ++m)
      for (int k = k0; k < end; ++k)
        out[k + static_cast<std::ptrdiff_t>(m) * prime_] =
            in[static_cast<std::size_t>(k) * pitch_ + static_cast<std::size_t>(m)];
  }
}

void untangle(const cfloat* z, const cfloat* w, int h, cfloat* spectrum) {
  untangle_vectors(floats(z), floats(w), h, floats(spectrum));
}
void tangle(const cfloat* spectrum, const cfloat* w, int h, cfloat* z) {
  tangle_vectors(floats(spectrum), floats(w), h, floats(z));
}

}  // namespace gimbal
