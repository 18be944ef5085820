// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a Fourier transform that FFTW does slowly: a dense pass over an odd prime factor,
// and the step between a real line and a complex one of half the length. Used by fft.cpp only.
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace gimbal {

// For a line of prime * rest numbers: transforms over the prime, multiplied by the twiddle factors.
class PrimeDft {
 public:
  PrimeDft(int prime, int rest, bool forward);
  int prime() const { return prime_; }
  std::size_t pitch() const { return pitch_; }  // distance between the `prime` rows of the result

  // out[k1 * pitch + n2] = W_n^(n2 k1) sum_n1 W_p^(n1 k1) in[rest * n1 + n2]. `in` may be
  // overwritten.
  void run(const std::complex<float>* in, std::complex<float>* out) const;
  // out[k1 + prime * k2] = in[k1 * pitch + k2].
  void interleave(const std::complex<float>* in, std::complex<float>* out) const;

 private:
  int prime_, rest_;
  std::size_t pitch_;
  float sign_;
  std::vector<float> cosine_, sine_;  // [k][j], 1 <= k, j <= (prime - 1) / 2
  std::vector<float>
      twiddle_;  // [k1][n2 / 8]: 8 real parts twice each, 8 imaginary parts as (-, +)
};

// spectrum[k], k = 0..h, from the half-length transform z[0..h] (z[h] = z[0]); w[k] = exp(-2 pi i k
// / (2h)).
void untangle(const std::complex<float>* z, const std::complex<float>* w, int h,
              std::complex<float>* spectrum);
// The inverse: z[0..h-1] from spectrum[0..h]; w[k] = exp(+2 pi i k / (2h)).
void tangle(const std::complex<float>* spectrum, const std::complex<float>* w, int h,
            std::complex<float>* z);

}  // namespace gimbal
