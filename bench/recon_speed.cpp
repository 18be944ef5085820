// SPDX-License-Identifier: GPL-3.0-or-later
// Time of a reconstruction from disk to disk, in units of one FFTW_ESTIMATE 2-D real-to-complex
// transform of 4096 x 4096 floats timed in the same run, beside the work that has to be done and
// what that would take at least on this machine: reading the files once, transforming every row
// once, and three rows added for every line of voxels and tilt from the second-level cache.
//   recon_speed NX NY TILTS VOXEL_A X_TILT_DEG DOMING_A THREADS [FOLDER]
// Images have pixels of 1.35 A; the tomogram is 300 nm deep.
#include "timing.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/mrc_volume.h"
#include "gimbal/num/fft.h"
#include "gimbal/recon/reconstruct.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace {

using namespace gimbal;
using namespace bench;
namespace fs = std::filesystem;

constexpr double pixel_A = 1.35, depth_A = 3000.0;

fs::path image_path(const fs::path& folder, Size2 size, int tilt) {
  return folder / fmt::format("recon_{}x{}_{:02}.mrc", size.nx, size.ny, tilt);
}

void make_images(const fs::path& folder, Size2 size, int n_tilts) {
  Image<float> image(size.nx, size.ny);
  unsigned state = 1;
  for (int y = 0; y < size.ny; ++y)
    for (float& value : image.view().row_span(y)) {
      state = state * 1664525U + 1013904223U;
      value = 5.0F + static_cast<float>(state >> 20U) / 1000.0F;
    }
  MrcWriteOptions options;
  options.mode = MrcMode::float16;
  options.pixel_A = pixel_A;
  options.survive = Survive::kill;
  for (int i = 0; i < n_tilts; ++i)
    if (!fs::exists(image_path(folder, size, i)))
      write_mrc(image_path(folder, size, i), image, options);
}

recon::Series make_series(Size2 size, int n_tilts, double x_tilt_deg, double doming_A) {
  recon::Series series;
  series.full_size = size;
  series.pixel_A = pixel_A;
  for (int i = 0; i < n_tilts; ++i) {
    const double angle = n_tilts > 1 ? -60.0 + 120.0 * i / (n_tilts - 1) : 0.0;
    series.tilts.push_back({"tilt", {x_tilt_deg, angle, 85.0, {}, 1.0}, 3.0 * i, {}});
  }
  const double bend = doming_A / pixel_A / (0.25 * size.nx * size.nx);  // at the rim
  if (doming_A != 0.0) series.deformation.z = {0.0, 0.0, -bend, 0.1 * bend, -bend, 0.0};
  return series;
}

// The least: see above. In seconds of one core.
double least_cpu(const fs::path& folder, Size2 size, int n_tilts, double updates) {
  const double read = n_tilts * best_of(2, [&] { read_image(image_path(folder, size, 0)); }).cpu_s;
  const RealFft fft(size.nx, Direction::forward);
  Image<float> line(2 * (size.nx / 2 + 1), 1);
  Image<cfloat> spectrum(size.nx / 2 + 1, 1);
  Scratch scratch(fft.scratch_size());
  const double rows = n_tilts * best_of(2, [&] {
                                  for (int y = 0; y < size.ny; ++y)
                                    fft.run(line.data(), spectrum.data(), scratch.data());
                                }).cpu_s;
  constexpr int cached = 1 << 17;  // floats: half a megabyte
  std::vector<float> cache(cached + 64, 1.0F);
  Float16 sum{};
  const double pass = best_of(5, [&] {
                        for (int repeat = 0; repeat < 100; ++repeat)
                          for (int i = 0; i < cached; i += 16)
                            sum += splat16(0.5F) * load16(cache.data() + i);
                      }).cpu_s;
  if (sum[0] < 0.0F) fmt::print("impossible\n");
  const double add = 3.0 * updates * pass / (100.0 * cached);
  fmt::print(
      "at least, one core: {:.2f} s to read, {:.2f} s for the rows' transforms, {:.2f} s to "
      "add\n",
      read, rows, add);
  return read + rows + add;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    fmt::print(stderr,
               "usage: recon_speed NX NY TILTS VOXEL_A X_TILT_DEG DOMING_A THREADS [FOLDER]\n");
    return 2;
  }
  const Size2 size{std::atoi(argv[1]), std::atoi(argv[2])};
  const int n_tilts = std::atoi(argv[3]), threads = std::atoi(argv[7]);
  const fs::path folder = argc > 8 ? argv[8] : fs::temp_directory_path();
  make_images(folder, size, n_tilts);
  const auto series = make_series(size, n_tilts, std::atof(argv[5]), std::atof(argv[6]));
  recon::Request request;
  request.grid = recon::tomogram_grid(size.ny, size.nx, static_cast<int>(depth_A / pixel_A),
                                      pixel_A, std::atof(argv[4]));
  const recon::VolumeGrid& grid = request.grid;
  const double voxels = static_cast<double>(grid.nx) * grid.ny * grid.nz;
  const double unit = unit_time().cpu_s;
  const double least = least_cpu(folder, size, n_tilts, voxels * n_tilts);
  const char* shapes[] = {"straight", "shifted", "curved"};
  recon::Outcome outcome;
  Arena arena(threads);
  const Time time = best_of(1, [&] {
    arena.run([&] {
      MrcWriteOptions options;
      options.mode = MrcMode::float16;
      options.survive = Survive::kill;
      MrcVolumeWriter writer(folder / "recon_speed.mrc", grid.nx, grid.ny, grid.nz, options);
      outcome = recon::reconstruct(
          series, request, {}, [&](int tilt) { return read_image(image_path(folder, size, tilt)); },
          [&](int z, int y, View<const float> rows) { writer.write_rows(z, y, rows); });
      writer.finish();
    });
  });
  fmt::print(
      "{} x {} x {} voxels from {} tilts of {} x {}, lines {}, {} pass(es), {} threads\n"
      "{:.2f} GB read, {:.2f} GB written, {:.2f} billion voxels x tilts\n"
      "{:.2f} s, of processor time {:.2f} s = {:.1f} u (u = {:.3f} s) = {:.1f} times the least, "
      "peak {} MB\n",
      grid.nx, grid.ny, grid.nz, n_tilts, size.nx, size.ny, shapes[static_cast<int>(outcome.shape)],
      outcome.passes, threads, 2e-9 * n_tilts * size.nx * size.ny * outcome.passes, 2e-9 * voxels,
      1e-9 * voxels * n_tilts, time.wall_s, time.cpu_s, time.cpu_s / unit, unit, time.cpu_s / least,
      peak_MB());
  return 0;
}
