// SPDX-License-Identifier: GPL-3.0-or-later
// Time of motion correction, files included, in units of one FFTW_ESTIMATE 2-D real-to-complex
// transform of 4096 x 4096 floats timed in the same run.
//   motion_speed NX NY BIN PATCHES THREADS [FOLDER]
#include "gimbal/core/parallel.h"
#include "gimbal/io/mrc.h"
#include "gimbal/motion/motion.h"
#include "gimbal/sim/movie.h"

#include <fftw3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace {

using namespace gimbal;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](timeval t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Time {
  double wall = 1e300, cpu = 1e300;  // cpu: also when the machine is busy with other things
};

template <typename F>
Time best_of(int runs, F&& f) {
  Time best;
  for (int i = 0; i < runs; ++i) {
    const double start = seconds(), cpu_start = cpu_seconds();
    f();
    best.wall = std::min(best.wall, seconds() - start);
    best.cpu = std::min(best.cpu, cpu_seconds() - cpu_start);
  }
  return best;
}

Time unit_time() {
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

// 10 frames of 8 bits, 1 e/px each, drifting, with local motion.
void make_movie(const std::filesystem::path& path, Size2 size) {
  sim::Exposure exposure;
  exposure.pixel_A = 1.0;
  exposure.dose_per_frame_e_A2 = 1.0;
  exposure.motion.drift_px = sim::make_drift(sim::DriftKind::exponential, 10, {4.0, 2.0}, 1);
  exposure.motion.local = sim::beam_induced_motion(size, 10, 1.0, 1);
  const auto movie = sim::simulate_texture_movie(size, {}, exposure, {}, PixelType::int8);
  MrcWriteOptions options;
  options.mode = MrcMode::int8;
  MrcStackWriter writer(path, size.nx, size.ny, 10, options);
  RawFrame raw;
  Image<float> frame(size.nx, size.ny);
  for (int i = 0; i < 10; ++i) {
    movie.frames->read(i, raw);
    for (int y = 0; y < size.ny; ++y) raw.row_to_float(y, frame.row(y));
    writer.append(frame);
  }
  writer.finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    fmt::print(stderr, "usage: motion_speed NX NY BIN PATCHES THREADS [FOLDER]\n");
    return 2;
  }
  const Size2 size{std::atoi(argv[1]), std::atoi(argv[2])};
  const std::filesystem::path folder = argc > 6 ? argv[6] : std::filesystem::temp_directory_path();
  const auto path = folder / fmt::format("speed_{}x{}.mrc", size.nx, size.ny);
  if (!std::filesystem::exists(path)) make_movie(path, size);
  MotionOptions options;
  options.bin_factor = std::atof(argv[3]);
  options.patch_x = options.patch_y = std::atoi(argv[4]);
  options.even_odd_split = true;
  options.grouping_for_ps = 1;
  const Time unit = unit_time();
  Arena arena(std::atoi(argv[5]));
  const Time time = best_of(5, [&] {
    arena.run([&] {
      const auto reader = open_frames(path);
      const auto result = correct_motion({}, *reader, {}, options);
      MrcWriteOptions half, single;
      half.mode = MrcMode::float16;
      write_mrc(folder / "speed.mrc", result.sum, half);
      write_mrc(folder / "speed_EVN.mrc", result.even, half);
      write_mrc(folder / "speed_ODD.mrc", result.odd, half);
      write_mrc(folder / "speed_PS.mrc", result.power_spectrum, single);
    });
  });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "{}x{} bin {} patches {} threads {}: {:.2f} s = {:.2f} u, of processor time {:.2f} u (u = "
      "{:.3f} s), peak {} MB\n",
      size.nx, size.ny, argv[3], argv[4], argv[5], time.wall, time.wall / unit.wall,
      time.cpu / unit.cpu, unit.wall, usage.ru_maxrss / 1024);
  return 0;
}
