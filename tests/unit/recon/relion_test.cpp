// SPDX-License-Identifier: GPL-3.0-or-later
// A tomogram that RELION 5.0.1 made from a simulated series with gold beads: ours has the same
// size, orientation, hand and origin.
#include "support/shared_data.h"

#include "gimbal/data/alignment_star.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/recon/reconstruct.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace gimbal::recon {
namespace {

using Volume = std::vector<Image<float>>;

Volume read_volume(const std::filesystem::path& path) {
  const auto reader = open_frames(path);
  Volume volume;
  RawFrame frame;
  for (int z = 0; z < reader->info().n_frames; ++z) {
    reader->read(z, frame);
    auto& plane = volume.emplace_back(frame.nx, frame.ny);
    for (int y = 0; y < frame.ny; ++y) frame.row_to_float(y, plane.row(y));
  }
  return volume;
}

Volume reconstructed(const std::filesystem::path& project) {
  // Names are relative to the project's folder.
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(project);
  const auto set = read_tilt_series("AlignTiltSeries/job003/aligned_tilt_series.star");
  const TiltSeries& rows = set.series.at(0);
  const auto image_of = [&](int tilt) {
    return read_image(rows.tilts[static_cast<std::size_t>(tilt)].text(label::micrograph_name));
  };
  Series series;
  series.full_size = image_of(0).size();
  series.pixel_A = image_pixel_A(rows);
  for (const auto& tilt : alignment_of(rows, series.full_size, series.pixel_A).tilts)
    series.tilts.push_back({tilt.key, tilt.projection, tilt.pre_exposure_e_A2, {}});
  Request request;
  request.grid = tomogram_grid(512, 480, 240, series.pixel_A, 21.6);
  Volume volume;
  for (int z = 0; z < request.grid.nz; ++z) volume.emplace_back(request.grid.nx, request.grid.ny);
  reconstruct(series, request, {}, image_of, [&](int z, int first_y, View<const float> found) {
    for (int y = 0; y < found.ny(); ++y)
      std::copy_n(found.row(y), found.nx(), volume[static_cast<std::size_t>(z)].row(first_y + y));
  });
  std::filesystem::current_path(before);
  return volume;
}

// "[[1.5, -2, 3], [...]]" somewhere in a text.
std::vector<Vec3> beads_of(const std::string& text) {
  std::vector<double> numbers;
  for (const char* p = std::strchr(text.c_str(), '['); p != nullptr && *p != '\0';) {
    char* end = nullptr;
    const double value = std::strtod(p, &end);
    if (end != p) numbers.push_back(value);
    p = end != p ? end : p + 1;
    if (*p == '"') break;
  }
  std::vector<Vec3> beads;
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3)
    beads.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  return beads;
}

// Over the middle of both, one of them mirrored along some axes.
double correlation(const Volume& a, const Volume& b, bool flip_x, bool flip_y, bool flip_z) {
  const int nx = a[0].nx(), ny = a[0].ny(), nz = static_cast<int>(a.size());
  double n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (int z = 5; z < nz - 4; ++z)
    for (int y = 10; y < ny - 9; ++y)
      for (int x = 10; x < nx - 9; ++x) {
        const double p = a[static_cast<std::size_t>(z)](x, y);
        const double q = b[static_cast<std::size_t>(flip_z ? nz - z : z)](flip_x ? nx - x : x,
                                                                          flip_y ? ny - y : y);
        n += 1, sa += p, sb += q, saa += p * p, sbb += q * q, sab += p * q;
      }
  return (n * sab - sa * sb) / std::sqrt((n * saa - sa * sa) * (n * sbb - sb * sb));
}

TEST(Relion, ItsTomogramAndOursAgree) {
  const auto project = shared_data("relion_reference/tomogram");
  if (project.empty()) GTEST_SKIP() << missing_shared_data("relion_reference/tomogram");
  const Volume theirs = read_volume(project / "Tomograms/job004/tomograms/rec_TS_01.mrc");
  const Volume ours = reconstructed(project);
  ASSERT_EQ(ours.size(), theirs.size());
  ASSERT_EQ(ours[0].size(), theirs[0].size());
  const double right = correlation(ours, theirs, false, false, false);
  RecordProperty("correlation", std::to_string(right));
  EXPECT_GT(right, 0.5);
  for (const int flips : {1, 2, 3, 4, 5, 6, 7})
    EXPECT_LT(correlation(ours, theirs, flips & 1, flips & 2, flips & 4), 0.2) << flips;
  // Each bead is the darkest voxel around it, in both.
  double deviation = 0.0;
  for (const auto& plane : ours)
    for (int y = 0; y < plane.ny(); ++y)
      for (const float value : plane.view().row_span(y)) deviation += double{value} * value;
  deviation = std::sqrt(deviation / static_cast<double>(ours.size() * ours[0].count()));
  int found = 0, inside = 0;
  for (const Vec3 bead : beads_of(read_text(project / "beads.json"))) {
    const int x = static_cast<int>(std::lround(bead.x / 21.6)) + 64;
    const int y = static_cast<int>(std::lround(bead.y / 21.6)) + 60;
    const int z = static_cast<int>(std::lround(bead.z / 21.6)) + 30;
    if (x < 8 || y < 8 || z < 4 || x > 119 || y > 111 || z > 55) continue;
    ++inside;
    float darkest = 0.0F;
    for (int k = -1; k <= 1; ++k)
      for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i)
          darkest = std::min(darkest, ours[static_cast<std::size_t>(z + k)](x + i, y + j));
    found += static_cast<double>(darkest) < -6.0 * deviation;
  }
  RecordProperty("beads", std::to_string(found) + " of " + std::to_string(inside));
  EXPECT_GE(inside, 10);
  EXPECT_GE(found, inside - 1) << "of " << inside;
}

}  // namespace
}  // namespace gimbal::recon
