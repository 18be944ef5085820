// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/tilt_lines.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"
#include "gimbal/num/rows.h"
#include "gimbal/recon/ctf_zones.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace gimbal::recon {
namespace {

// Made where there is more than one zone of defocus.
std::optional<ZonedLines> zoned_lines(const Plan& plan, std::size_t tilt) {
  const SeriesTilt& of = plan.series->tilts[tilt];
  if (!plan.options.ctf || !of.defocus) return std::nullopt;
  if (defocus_zones(*plan.series, of, plan.views[tilt], plan.grid).size() == 1) return std::nullopt;
  return std::optional<ZonedLines>(std::in_place, *plan.series, of, plan.views[tilt], plan.grid,
                                   plan.working);
}

// The weights of one tilt's coefficients.
class Filter {
 public:
  Filter(const Plan& plan, std::size_t tilt) : plan_(plan), tilt_(tilt) {
    const LineView& view = plan.views[tilt];
    const WorkingGrid& grid = plan.working;
    const double x = 1.0 / grid.padded.nx / plan.series->binning;
    const double y = 1.0 / grid.padded.ny / plan.series->binning;
    across_ = {view.across_px.x * x, view.across_px.y * y};
    u_ = {view.du_px.x * x, view.du_px.y * y};
    v_ = {view.dv_px.x * x, view.dv_px.y * y};
    per_A_ = {x / plan.series->pixel_A, y / plan.series->pixel_A};
  }

  int count() const { return 2 * plan_.working.rows + 1; }
  // What the filter does to the content.
  double weight(int kx, int i) const {
    const int k = ky(i);
    const Vec2 f{along(across_, kx, k), along(v_, kx, k)};
    const double f2 = f.x * f.x + f.y * f.y;
    if (f2 >= 0.25) return 0.0;
    return double{table_value(plan_.across[tilt_], std::abs(f.x))} *
           double{table_value(plan_.radial[tilt_], std::sqrt(f2))};
  }
  // And with what interpolation will do to it undone.
  void column(int kx, const CtfSign* ctf, float* weights) const {
    const float undo_x = plan_.undo_x[static_cast<std::size_t>(kx)];
    for (int i = 0; i < count(); ++i) {
      const int k = ky(i);
      auto w = static_cast<float>(weight(kx, i));
      if (w != 0.0F) {
        w *= undo_x * plan_.undo_y[static_cast<std::size_t>(std::abs(k))] *
             table_value(plan_.undo_u, std::abs(along(u_, kx, k))) *
             table_value(plan_.undo_v, std::abs(along(v_, kx, k)));
        if (ctf != nullptr) w *= ctf->at(kx * per_A_.x, k * per_A_.y);
      }
      weights[i] = w;
    }
  }

 private:
  int ky(int i) const { return i <= plan_.working.rows ? i : i - count(); }
  // In cycles per voxel along a direction.
  static double along(Vec2 direction, int kx, int k) { return kx * direction.x + k * direction.y; }
  const Plan& plan_;
  std::size_t tilt_;
  Vec2 across_, u_, v_, per_A_;
};

// Mean square of the filtered image, from its coefficients.
double power_of(const LowSpectrum& spectrum, const Filter& filter) {
  std::vector<double> parts(static_cast<std::size_t>(spectrum.ny()));
  parallel_for(spectrum.ny(), [&](int kx) {
    double sum = 0.0;
    for (int i = 0; i < filter.count(); ++i) {
      const double w = filter.weight(kx, i);
      sum += w * w * double{std::norm(spectrum(i, kx))};
    }
    parts[static_cast<std::size_t>(kx)] = (kx == 0 ? 1.0 : 2.0) * sum;
  });
  double power = 0.0;
  for (const double part : parts) power += part;
  return power;
}

FrequencyTable undo_lines(bool interpolated) {
  FrequencyTable table(table_steps + 1, 1.0F);
  if (interpolated)
    for (int i = 0; i <= table_steps; ++i)
      table[static_cast<std::size_t>(i)] =
          static_cast<float>(1.0 / LineKernel::transform(0.5 * table_frequency(i)));
  return table;
}

std::vector<float> undo_image(int n, int working) {
  std::vector<float> table;
  for (int k = 0; k < n; ++k)
    table.push_back(
        static_cast<float>(1.0 / ImageKernel::transform(static_cast<double>(k) / working)));
  return table;
}

// Returns the sum of the squares of what is left, in sixteen interleaved partial sums.
GIMBAL_MULTIVERSION double subtract_and_square(float mean, float* row, int n) {
  constexpr int lanes = 16;
  double sums[lanes] = {};
  int x = 0;
  for (; x + lanes <= n; x += lanes)
    for (int l = 0; l < lanes; ++l) {
      row[x + l] -= mean;
      sums[l] += static_cast<double>(row[x + l]) * static_cast<double>(row[x + l]);
    }
  for (; x < n; ++x) {
    row[x] -= mean;
    sums[0] += static_cast<double>(row[x]) * static_cast<double>(row[x]);
  }
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

void subtract_mean(Image<float>& image, TiltLines& result) {
  const auto total_of = [&](const auto& row_total) {
    std::vector<double> totals(static_cast<std::size_t>(image.ny()));
    parallel_blocks(image.ny(), 64, [&](int begin, int end) {
      for (int y = begin; y < end; ++y) totals[static_cast<std::size_t>(y)] = row_total(y);
    });
    double total = 0.0;
    for (const double part : totals) total += part;
    return total;
  };
  const double n = static_cast<double>(image.count());
  result.mean = total_of([&](int y) { return row_total(image.row(y), image.nx()); }) / n;
  const auto mean = static_cast<float>(result.mean);
  const double squares =
      total_of([&](int y) { return subtract_and_square(mean, image.row(y), image.nx()); });
  result.deviation = std::sqrt(squares / n);
  if (!std::isfinite(result.mean) || !std::isfinite(result.deviation))
    fail("the image holds NaN or infinite values");
}

}  // namespace

Plan make_plan(const Series& series, const Request& request, const ReconOptions& options) {
  if (series.tilts.empty()) fail("there is no tilt to reconstruct from");
  Plan plan;
  plan.series = &series;
  plan.grid = request.grid;
  plan.options = options;
  std::vector<double> angles_rad;
  for (const SeriesTilt& tilt : series.tilts) {
    plan.views.push_back(line_view(series, tilt, request.grid.voxel_A));
    angles_rad.push_back(plan.views.back().angle_rad);
    plan.radial.push_back(
        radial_weights(tilt.pre_exposure_e_A2, series.voltage_kV, request.grid.voxel_A, options));
  }
  plan.shape = line_shape(plan.views, request.grid);
  const double thickness_A = request.filter_thickness_A > 0.0
                                 ? request.filter_thickness_A
                                 : request.grid.nz * request.grid.voxel_A;
  plan.across =
      overlap_weights(angles_rad, std::max(1.0, thickness_A / request.grid.voxel_A), options);
  const Size2 given{(series.full_size.nx + series.binning - 1) / series.binning,
                    (series.full_size.ny + series.binning - 1) / series.binning};
  plan.working = working_grid(given, request.grid.voxel_A / series.pixel_A / series.binning);
  plan.undo_u = undo_lines(true);
  plan.undo_v = undo_lines(plan.shape != LineShape::straight);
  plan.undo_x = undo_image(plan.working.columns, plan.working.working.nx);
  plan.undo_y = undo_image(plan.working.rows + 1, plan.working.working.ny);
  return plan;
}

double bytes_of_tilt(const Plan& plan, int tilt, const Slab& slab) {
  const auto index = static_cast<std::size_t>(tilt);
  const LineView& view = plan.views[index];
  const LineSet lines = line_layout(view, *plan.series, plan.grid, slab, plan.shape);
  const auto zoned = zoned_lines(plan, index);
  if (!zoned)
    return bytes_at_work(plan.working, window_of(lines, plan.working, view, *plan.series, {}));
  const Window window = zoned->window_of(lines);
  const double image = 4.0 * (window.nx + 2.0 * rim) * (window.ny + 2.0 * rim);
  return std::max(bytes_at_work(plan.working, window), image + zoned->bytes(lines));
}

TiltLines lines_of(const Plan& plan, int tilt, Image<float> image, const Slab& slab) {
  const auto index = static_cast<std::size_t>(tilt);
  const LineView& view = plan.views[index];
  const Series& series = *plan.series;
  TiltLines result;
  subtract_mean(image, result);
  result.lines = line_layout(view, series, plan.grid, slab, plan.shape);
  result.lines.rows = Image<float>(result.lines.size.nx, result.lines.size.ny);
  LowSpectrum spectrum = low_spectrum(std::move(image), plan.working);
  const Filter filter(plan, index);
  result.power = power_of(spectrum, filter);
  const auto zoned = zoned_lines(plan, index);
  std::optional<CtfSign> ctf;
  if (plan.options.ctf && series.tilts[index].defocus && !zoned)
    ctf.emplace(series, *series.tilts[index].defocus, 0.0);
  const Window window = zoned ? zoned->window_of(result.lines)
                              : window_of(result.lines, plan.working, view, series, {});
  const Image<float> working = working_image(
      spectrum, plan.working, window,
      [&](int kx, float* weights) { filter.column(kx, ctf ? &*ctf : nullptr, weights); });
  spectrum = {};
  if (zoned)
    zoned->fill(working, window, plan.kernel, result.lines);
  else
    fill_lines(working, window, plan.working, view, series, plan.kernel, {}, result.lines);
  return result;
}

}  // namespace gimbal::recon
