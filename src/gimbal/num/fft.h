// SPDX-License-Identifier: GPL-3.0-or-later
// One-dimensional Fourier transforms of single lines, unnormalised, on FFTW (planned with
// FFTW_ESTIMATE, so that a plan never depends on the clock). Two things are added to FFTW:
// - lengths with large prime factors (detectors: 4092 = 132 * 31, 7676, 7420): one dense pass over
// the prime,
//   vectorised along the line, then FFTW on the rest (Cooley & Tukey 1965), 3 to 8 times faster;
// - real lines as complex ones of half the length.
// Objects are immutable after construction: run() may be called from many threads with own scratch.
// All pointers must be aligned to 64 bytes (as Image rows are).
#pragma once

#include "gimbal/core/image.h"

#include <complex>
#include <memory>
#include <vector>

namespace gimbal {

using cfloat = std::complex<float>;

enum class Direction { forward, backward };

class ComplexFft {
 public:
  ComplexFft(int n, Direction direction);  // n >= 1
  ~ComplexFft();
  ComplexFft(ComplexFft&&) noexcept;
  ComplexFft& operator=(ComplexFft&&) = delete;

  int size() const { return n_; }
  std::size_t scratch_size() const { return scratch_; }
  void run(cfloat* in, cfloat* out, cfloat* scratch) const;  // `in` is overwritten; in != out

 private:
  struct Plan;
  struct PrimeStep;
  int n_;
  std::size_t scratch_ = 0;
  std::unique_ptr<Plan> plan_;        // the whole length, or
  std::unique_ptr<PrimeStep> prime_;  // a pass over a prime and a shorter transform
};

// Real lines of length n <-> spectra of n/2+1 coefficients.
class RealFft {
 public:
  RealFft(int n, Direction direction);

  int size() const { return n_; }
  std::size_t scratch_size() const { return scratch_; }  // in cfloat
  // forward: `line` is read, `spectrum` written. backward: `spectrum` is read (the imaginary parts
  // of the zero and Nyquist coefficients are ignored), `line` written. Both need n/2+1 complex
  // numbers of room.
  void run(float* line, cfloat* spectrum, cfloat* scratch) const;

 private:
  void forward_even(float* line, cfloat* spectrum, cfloat* scratch) const;
  void backward_even(float* line, const cfloat* spectrum, cfloat* scratch) const;
  int n_;
  Direction direction_;
  std::size_t scratch_;
  ComplexFft complex_;           // of n/2 (even n) or n (odd n)
  std::vector<cfloat> twiddle_;  // exp(-+2 pi i k / n)
};

// A line of scratch memory, aligned.
class Scratch {
 public:
  explicit Scratch(std::size_t n) : line_(static_cast<int>(n), 1) {}
  cfloat* data() { return line_.data(); }

 private:
  Image<cfloat> line_;
};

// Two-dimensional transforms of small images, in natural order: spectrum(kx, ky) with kx = 0 ..
// nx/2 and ky = 0 .. ny-1 (negative frequencies in the upper half). Unnormalised.
class Fft2d {
 public:
  explicit Fft2d(Size2 size);
  Size2 size() const { return size_; }
  Size2 spectrum_size() const { return {size_.nx / 2 + 1, size_.ny}; }
  void forward(View<const float> image, View<cfloat> spectrum) const;
  void backward(View<const cfloat> spectrum, View<float> image) const;

 private:
  void columns(View<cfloat> spectrum, const ComplexFft& fft) const;
  Size2 size_;
  RealFft rows_forward_, rows_backward_;
  ComplexFft columns_forward_, columns_backward_;
};

// Whether transforms of n pixels are fast: no prime factor above `largest`.
constexpr bool has_only_small_primes(int n, int largest) {
  for (int p = 2; p <= largest; ++p)
    while (n % p == 0) n /= p;
  return n == 1;
}

// Signed frequency index of coefficient i of n: 0, 1, ..., -2, -1. For even n, n/2 stays positive.
constexpr int signed_frequency(int i, int n) {
  return i <= n / 2 ? i : i - n;
}

}  // namespace gimbal
