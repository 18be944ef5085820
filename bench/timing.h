// SPDX-License-Identifier: GPL-3.0-or-later
// Times of measurements, and the unit that they are given in.
#pragma once

#include <fftw3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace gimbal::bench {

struct Time {
  double wall_s = 1e300, cpu_s = 1e300;  // cpu: also when the machine is busy with other things
};

inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](timeval t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

inline long peak_MB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <typename F>
Time best_of(int runs, F&& f) {
  Time best;
  for (int i = 0; i < runs; ++i) {
    const double wall = wall_seconds(), cpu = cpu_seconds();
    f();
    best.wall_s = std::min(best.wall_s, wall_seconds() - wall);
    best.cpu_s = std::min(best.cpu_s, cpu_seconds() - cpu);
  }
  return best;
}

// Of one FFTW_ESTIMATE 2-D real-to-complex transform of 4096 x 4096 floats.
inline Time unit_time() {
  constexpr int n = 4096;
  float* in = fftwf_alloc_real(std::size_t{n} * n);
  fftwf_complex* out = fftwf_alloc_complex(std::size_t{n} * (n / 2 + 1));
  std::fill_n(in, std::size_t{n} * n, 1.0F);
  fftwf_plan plan = fftwf_plan_dft_r2c_2d(n, n, in, out, FFTW_ESTIMATE);
  const Time result = best_of(5, [&] { fftwf_execute(plan); });
  fftwf_destroy_plan(plan);
  fftwf_free(in);
  fftwf_free(out);
  return result;
}

}  // namespace gimbal::bench
