// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/reconstruct.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/recon/back_projection.h"
#include "gimbal/recon/tilt_lines.h"

#include <algorithm>
#include <cmath>

namespace gimbal::recon {
namespace {

constexpr int rows_at_once = 64;       // y of a piece of the volume
constexpr double piece_bytes = 160e6;  // of the volume, at most
constexpr double image_bytes = 400e6;  // of images at work, unless one needs more
constexpr double all_bytes = 1.6e9;    // of lines, images at work and the piece

double bytes_of_lines(const Plan& plan, const Slab& slab) {
  double bytes = 0.0;
  for (const LineView& view : plan.views) {
    const Size2 size = line_layout(view, *plan.series, plan.grid, slab, plan.shape).size;
    bytes += static_cast<double>(sizeof(float)) * size.nx * size.ny;
  }
  return bytes;
}

// Of the tilt whose image needs most.
double bytes_of_image(const Plan& plan, const Slab& slab) {
  double most = 0.0;
  for (std::size_t i = 0; i < plan.views.size(); ++i)
    most = std::max(most, bytes_of_tilt(plan, static_cast<int>(i), slab));
  return most;
}

// As many rows as the memory holds the lines of, beside an image at work.
int slab_rows(const Plan& plan, double memory_bytes) {
  constexpr int fewest = 16;
  const int n_y = plan.grid.ny;
  const auto fit = [&](int rows) {
    const Slab middle{(n_y - rows) / 2, rows};
    const double work = std::max(image_bytes, bytes_of_image(plan, middle));
    return bytes_of_lines(plan, middle) <= std::min(memory_bytes, all_bytes - piece_bytes - work);
  };
  int rows = n_y;
  while (rows > fewest && !fit(rows)) {
    const int step = rows > 2 * rows_at_once ? rows_at_once : fewest;
    rows = (rows / 2 + step - 1) / step * step;
  }
  return rows;
}

// How many tilts are read at the same time.
int tilts_at_once(const Plan& plan, const Slab& slab) {
  return static_cast<int>(std::clamp(image_bytes / bytes_of_image(plan, slab), 1.0, 64.0));
}

class Reconstruction {
 public:
  Reconstruction(const Series& series, const Request& request, const ReconOptions& options,
                 const ImageGiver& image_of, const RowTaker& take)
      : series_(series),
        request_(request),
        image_of_(image_of),
        take_(take),
        plan_(make_plan(series, request, options)),
        tilts_(series.tilts.size()),
        lines_(series.tilts.size()) {
    outcome_.shape = plan_.shape;
  }

  Outcome run() {
    const int n_y = plan_.grid.ny, rows = slab_rows(plan_, request_.memory_bytes);
    outcome_.passes = (n_y + rows - 1) / rows;
    for (int y = 0; y < n_y; y += rows) {
      const Slab slab{y, std::min(rows, n_y - y)};
      read_tilts(slab);
      if (y == 0) choose_factors();
      for (int row = y; row < y + slab.n_y; row += rows_at_once)
        make_rows(row, std::min(rows_at_once, y + slab.n_y - row));
    }
    return outcome_;
  }

 private:
  void read_tilts(const Slab& slab) {
    for (LineSet& lines : lines_) lines.rows = {};
    const int n = static_cast<int>(tilts_.size()), group = tilts_at_once(plan_, slab);
    for (int first = 0; first < n; first += group)
      parallel_for(std::min(group, n - first), [&](int i) { read_tilt(first + i, slab); });
  }

  void read_tilt(int tilt, const Slab& slab) {
    const auto i = static_cast<std::size_t>(tilt);
    in_context(fmt::format("reading the tilt {}", series_.tilts[i].key), [&] {
      Image<float> image = image_of_(tilt);
      const Size2 expected = plan_.working.image;
      if (image.size() != expected)
        fail("its image has {} x {} px, but {} x {} were expected", image.nx(), image.ny(),
             expected.nx, expected.ny);
      tilts_[i] = lines_of(plan_, tilt, std::move(image), slab);
      lines_[i] = std::move(tilts_[i].lines);
    });
  }

  // What the images' values are worth: of counted electrons relative to the mean, for all tilts or
  // for none.
  void choose_factors() {
    constexpr double least_mean = 0.05;  // of the deviation
    const bool counted = std::all_of(tilts_.begin(), tilts_.end(), [](const TiltLines& t) {
      return t.mean > least_mean * t.deviation;
    });
    double power = 0.0;
    for (const TiltLines& t : tilts_) {
      const double whole = counted ? t.mean : t.deviation;
      factors_.push_back(whole > 0.0 ? 1.0 / whole : 0.0);
      power += factors_.back() * factors_.back() * t.power;
    }
    outcome_.scale = request_.scale > 0.0 ? request_.scale
                     : power > 0.0        ? 1.0 / std::sqrt(power)
                                          : 1.0;
    for (double& factor : factors_) factor *= outcome_.scale;
  }

  // Rows of all planes, in as many pieces as memory asks for.
  void make_rows(int first_y, int n_y) {
    const VolumeGrid& grid = plan_.grid;
    const double plane_bytes = 4.0 * grid.nx * n_y;
    const int planes =
        static_cast<int>(std::clamp(piece_bytes / plane_bytes, 1.0, double{1.0} * grid.nz));
    if (piece_.empty() || piece_.nx() != grid.nx || piece_.ny() < planes * n_y)
      piece_ = Image<float>(grid.nx, planes * n_y, Image<float>::Uninitialized{});
    for (int z = 0; z < grid.nz; z += planes) {
      const int n_z = std::min(planes, grid.nz - z);
      const Box box{first_y, n_y, z, n_z, piece_.data(), piece_.pitch(), n_y * piece_.pitch()};
      back_project(plan_.views, lines_, factors_, grid, plan_.shape, box);
      parallel_for(
          n_z, [&](int i) { take_(z + i, first_y, piece_.view().part(0, i * n_y, grid.nx, n_y)); });
    }
  }

  const Series& series_;
  const Request& request_;
  const ImageGiver& image_of_;
  const RowTaker& take_;
  Plan plan_;
  std::vector<TiltLines> tilts_;
  std::vector<LineSet> lines_;
  std::vector<double> factors_;
  Image<float> piece_;
  Outcome outcome_;
};

}  // namespace

Outcome reconstruct(const Series& series, const Request& request, const ReconOptions& options,
                    const ImageGiver& image_of, const RowTaker& take) {
  return Reconstruction(series, request, options, image_of, take).run();
}

}  // namespace gimbal::recon
