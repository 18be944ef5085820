// SPDX-License-Identifier: GPL-3.0-or-later
// Time of motion correction, files included, in units of one FFTW_ESTIMATE 2-D real-to-complex
// transform of 4096 x 4096 floats timed in the same run.
//   motion_speed NX NY BIN PATCHES THREADS [FOLDER]
#include "timing.h"

#include "gimbal/core/parallel.h"
#include "gimbal/io/mrc.h"
#include "gimbal/motion/output.h"
#include "gimbal/sim/movie.h"

#include <cstdlib>
#include <filesystem>

namespace {

using namespace gimbal;
using namespace bench;

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
  options.float16 = true;
  const MotionFiles files = motion_files(folder / "speed", options);
  const Time unit = unit_time();
  Arena arena(std::atoi(argv[5]));
  const Time time = best_of(5, [&] {
    arena.run([&] {
      const auto reader = open_frames(path);
      write_images(files, correct_motion({}, *reader, {}, options), options);
    });
  });
  fmt::print(
      "{}x{} bin {} patches {} threads {}: {:.2f} s = {:.2f} u, of processor time {:.2f} u (u = "
      "{:.3f} s), peak {} MB\n",
      size.nx, size.ny, argv[3], argv[4], argv[5], time.wall_s, time.wall_s / unit.wall_s,
      time.cpu_s / unit.cpu_s, unit.wall_s, peak_MB());
  return 0;
}
