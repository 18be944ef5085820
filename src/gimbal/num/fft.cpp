// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/fft.h"

#include "gimbal/num/prime_dft.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numbers>

namespace gimbal {
namespace {

// FFTW's planner has global state of its own.
std::mutex& planner_mutex() {
  static std::mutex mutex;
  return mutex;
}

int largest_prime_factor(int n) {
  int largest = 1;
  for (int p = 2; p * p <= n; ++p)
    for (; n % p == 0; n /= p) largest = p;
  return std::max(largest, n);
}

// FFTW has fast code for factors up to 13; above about 200 a dense pass costs more than FFTW's own
// way.
bool is_awkward(int prime) {
  return prime > 13 && prime < 200;
}

std::size_t rounded_up(std::size_t n) {
  return (n + 7) / 8 * 8;
}

cfloat root_of_unity(long k, long n, double sign) {
  const double angle =
      sign * 2.0 * std::numbers::pi * static_cast<double>(k % n) / static_cast<double>(n);
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

}  // namespace

struct ComplexFft::Plan {
  // `lines` transforms of length n, the input lines `pitch` apart, the output lines interleaved.
  Plan(int n, int lines, int pitch, Direction direction) {
    Image<cfloat> in(lines * pitch, 1), out(lines * pitch, 1);
    const std::lock_guard lock(planner_mutex());
    plan = fftwf_plan_many_dft(
        1, &n, lines, fftw_pointer(in.data()), nullptr, 1, pitch, fftw_pointer(out.data()), nullptr,
        lines, 1, direction == Direction::forward ? FFTW_FORWARD : FFTW_BACKWARD, FFTW_ESTIMATE);
  }
  ~Plan() {
    const std::lock_guard lock(planner_mutex());
    fftwf_destroy_plan(plan);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  void run(cfloat* in, cfloat* out) const {
    fftwf_execute_dft(plan, fftw_pointer(in), fftw_pointer(out));
  }
  static fftwf_complex* fftw_pointer(cfloat* p) { return reinterpret_cast<fftwf_complex*>(p); }
  fftwf_plan plan;
};

// n = p * m with p prime: X[k1 + p k2] = sum_n2 W_m^(n2 k2) { W_n^(n2 k1) sum_n1 W_p^(n1 k1) x[m n1
// + n2] }.
struct ComplexFft::PrimeStep {
  PrimeStep(int n, int prime, Direction direction)
      : dft(prime, n / prime, direction == Direction::forward), rest(n / prime, direction) {}
  std::size_t lines() const { return static_cast<std::size_t>(dft.prime()) * dft.pitch(); }
  PrimeDft dft;
  ComplexFft rest;  // used when the rest is awkward, too; otherwise plan_ does all its lines
};

ComplexFft::ComplexFft(int n, Direction direction) : n_(n) {
  const int prime = largest_prime_factor(n);
  if (!is_awkward(prime) || n == prime) {
    plan_ = std::make_unique<Plan>(n, 1, n, direction);
    return;
  }
  prime_ = std::make_unique<PrimeStep>(n, prime, direction);
  if (!is_awkward(largest_prime_factor(n / prime)))
    plan_ =
        std::make_unique<Plan>(n / prime, prime, static_cast<int>(prime_->dft.pitch()), direction);
  scratch_ = 2 * prime_->lines() + prime_->rest.scratch_size();
}

ComplexFft::~ComplexFft() = default;
ComplexFft::ComplexFft(ComplexFft&&) noexcept = default;

void ComplexFft::run(cfloat* in, cfloat* out, cfloat* scratch) const {
  if (n_ == 1) {  // FFTW plans nothing at all
    out[0] = in[0];
    return;
  }
  if (!prime_) {
    plan_->run(in, out);
    return;
  }
  const PrimeDft& dft = prime_->dft;
  dft.run(in, scratch);
  if (plan_) {
    plan_->run(scratch, out);
    return;
  }
  cfloat* transformed = scratch + prime_->lines();
  for (std::size_t k = 0; k < prime_->lines(); k += dft.pitch())
    prime_->rest.run(scratch + k, transformed + k, scratch + 2 * prime_->lines());
  dft.interleave(transformed, out);
}

RealFft::RealFft(int n, Direction direction)
    : n_(n), direction_(direction), complex_(n % 2 == 0 ? n / 2 : n, direction) {
  scratch_ = 2 * rounded_up(static_cast<std::size_t>(n) + 1) + complex_.scratch_size();
  const double sign = direction == Direction::forward ? -1.0 : 1.0;
  if (n % 2 == 0)
    for (int k = 0; k <= n / 2; ++k) twiddle_.push_back(root_of_unity(k, n, sign));
}

void RealFft::run(float* line, cfloat* spectrum, cfloat* scratch) const {
  if (n_ % 2 == 0) {
    if (direction_ == Direction::forward)
      forward_even(line, spectrum, scratch);
    else
      backward_even(line, spectrum, scratch);
    return;
  }
  cfloat* result = scratch + rounded_up(static_cast<std::size_t>(n_) + 1);
  cfloat* deeper = scratch + 2 * rounded_up(static_cast<std::size_t>(n_) + 1);
  if (direction_ == Direction::forward) {
    for (int x = 0; x < n_; ++x) scratch[x] = line[x];
    complex_.run(scratch, result, deeper);
    std::copy_n(result, n_ / 2 + 1, spectrum);
  } else {
    scratch[0] = spectrum[0].real();
    for (int k = 1; k <= n_ / 2; ++k) {
      scratch[k] = spectrum[k];
      scratch[n_ - k] = std::conj(spectrum[k]);
    }
    complex_.run(scratch, result, deeper);
    for (int x = 0; x < n_; ++x) line[x] = result[x].real();
  }
}

// With z[x] = line[2x] + i line[2x+1]: X[k] = (Z[k] + Z*[h-k]) / 2 - i w^k (Z[k] - Z*[h-k]) / 2, h
// = n/2.
void RealFft::forward_even(float* line, cfloat* spectrum, cfloat* scratch) const {
  const int h = n_ / 2;
  complex_.run(reinterpret_cast<cfloat*>(line), scratch,
               scratch + 2 * rounded_up(static_cast<std::size_t>(n_) + 1));
  scratch[h] = scratch[0];
  untangle(scratch, twiddle_.data(), h, spectrum);
}

// The inverse of it: Z[k] = (X[k] + X*[h-k]) + i w^k (X[k] - X*[h-k]).
void RealFft::backward_even(float* line, const cfloat* spectrum, cfloat* scratch) const {
  tangle(spectrum, twiddle_.data(), n_ / 2, scratch);
  complex_.run(scratch, reinterpret_cast<cfloat*>(line),
               scratch + 2 * rounded_up(static_cast<std::size_t>(n_) + 1));
}

Fft2d::Fft2d(Size2 size)
    : size_(size),
      rows_forward_(size.nx, Direction::forward),
      rows_backward_(size.nx, Direction::backward),
      columns_forward_(size.ny, Direction::forward),
      columns_backward_(size.ny, Direction::backward) {}

void Fft2d::forward(View<const float> image, View<cfloat> spectrum) const {
  Scratch scratch(rows_forward_.scratch_size());
  Image<float> line(size_.nx + 2, 1);
  Image<cfloat> row(size_.nx / 2 + 1, 1);
  for (int y = 0; y < size_.ny; ++y) {
    std::copy_n(image.row(y), size_.nx, line.data());
    rows_forward_.run(line.data(), row.data(), scratch.data());
    std::copy_n(row.data(), size_.nx / 2 + 1, spectrum.row(y));
  }
  columns(spectrum, columns_forward_);
}

void Fft2d::backward(View<const cfloat> spectrum, View<float> image) const {
  Image<cfloat> work(size_.nx / 2 + 1, size_.ny, Image<cfloat>::Uninitialized{});
  for (int y = 0; y < size_.ny; ++y) std::copy_n(spectrum.row(y), size_.nx / 2 + 1, work.row(y));
  columns(work, columns_backward_);
  Scratch scratch(rows_backward_.scratch_size());
  Image<float> line(size_.nx + 2, 1);
  for (int y = 0; y < size_.ny; ++y) {
    rows_backward_.run(line.data(), work.row(y), scratch.data());
    std::copy_n(line.data(), size_.nx, image.row(y));
  }
}

void Fft2d::columns(View<cfloat> spectrum, const ComplexFft& fft) const {
  constexpr int block = 8;  // one cache line of each row at a time
  const int n = spectrum.nx(), ny = size_.ny;
  Image<cfloat> lines(ny, block), transformed(ny, block);
  Scratch scratch(fft.scratch_size());
  for (int x0 = 0; x0 < n; x0 += block) {
    const int width = std::min(block, n - x0);
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < width; ++x) lines.row(x)[y] = spectrum.row(y)[x0 + x];
    for (int x = 0; x < width; ++x) fft.run(lines.row(x), transformed.row(x), scratch.data());
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < width; ++x) spectrum.row(y)[x0 + x] = transformed.row(x)[y];
  }
}

}  // namespace gimbal
