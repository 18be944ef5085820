// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/core/median.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"
#include "gimbal/tilt/slab.h"
#include "gimbal/tilt/slab_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

// Along the image's axes, from a covariance across and along the tilt axis.
Vec2 errors_in_image(const Eigen::Matrix2d& covariance, double turn) {
  Eigen::Matrix2d to_image;
  to_image << std::cos(turn), -std::sin(turn), std::sin(turn), std::cos(turn);
  const Eigen::Matrix2d c = to_image * covariance * to_image.transpose();
  return {std::sqrt(std::max(0.0, c(0, 0))), std::sqrt(std::max(0.0, c(1, 1)))};
}

void set_errors(const SlabState& state, Eigen::MatrixXd covariance,
                const std::optional<SlowErrors>& slow, SlabAlignment& result) {
  if (slow) replace_slow(*slow, covariance);
  result.shift_error_px.assign(result.placed.size(), {});
  result.slow_error_px.assign(result.placed.size(), {});
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    const auto tilt = static_cast<std::size_t>(state.tilts[i]);
    const auto at = static_cast<Eigen::Index>(i);
    const double turn = rad_from_deg(state.projections[tilt].z_rot_deg);
    const Eigen::Matrix2d c = covariance.block<2, 2>(2 * at, 2 * at);
    result.shift_error_px[tilt] = errors_in_image(c, turn);
    Eigen::Matrix2d across = Eigen::Matrix2d::Zero();
    across(0, 0) = slow ? slow->covariance(at, at) : c(0, 0);
    result.slow_error_px[tilt] = errors_in_image(across, turn);
  }
}

void set_agreement(const SlabState& state, const SlabEvaluation& e, SlabAlignment& result) {
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    const auto tilt = static_cast<std::size_t>(state.tilts[i]);
    result.agreement[tilt] = agreement_of(e, i);
  }
}

// Tilts that were not placed follow their neighbours.
void fill_unplaced(const SlabState& state, SlabAlignment& result) {
  for (std::size_t t = 0; t < result.projections.size(); ++t) {
    if (result.placed[t]) continue;
    double least = 1e300;
    for (const int other : state.tilts) {
      const auto& p = result.projections[static_cast<std::size_t>(other)];
      const double d = std::abs(p.y_tilt_deg - result.projections[t].y_tilt_deg);
      if (d >= least) continue;
      least = d;
      result.projections[t].shift_px = p.shift_px;
      result.projections[t].z_rot_deg = p.z_rot_deg;
    }
  }
}

// What the standard errors, which know of slow errors, leave open.
void note_errors(const SlabState& state, double pixel_A, SlabAlignment& result) {
  constexpr double allowed_px = 0.15;
  double squares = 0.0;
  for (const int tilt : state.tilts) {
    const Vec2 e = result.shift_error_px[static_cast<std::size_t>(tilt)];
    squares += e.x * e.x + e.y * e.y;
  }
  const double error_px = std::sqrt(squares / static_cast<double>(state.tilts.size()));
  if (error_px > allowed_px)
    result.doubts.push_back(
        fmt::format("Without markers, errors of the shifts that change slowly with the tilt angle "
                    "cannot be excluded: about {:.1f} A, {:.2f} px.",
                    error_px * pixel_A, error_px));
}

// Tilts that agree with nothing are at some place by chance, and spoil the predictions of others.
void drop_strangers(const SlabLevel& level, SlabState& state) {
  constexpr double least = 0.25;  // of the usual agreement
  const SlabEvaluation e = refine(level, state, 0);
  std::vector<double> agreements;
  for (std::size_t i = 0; i < state.tilts.size(); ++i) agreements.push_back(agreement_of(e, i));
  const double limit = least * median(agreements);
  std::vector<int> kept;
  for (std::size_t i = 0; i < state.tilts.size(); ++i)
    if (agreements[i] > limit) kept.push_back(state.tilts[i]);
  if (kept.size() >= 3) state.tilts = std::move(kept);
}

constexpr double fewest_resolved = 45.0;  // elements across the field

struct PlacingLevels {
  SlabLevel rough, fine, for_axis;
};

// Where a field is small, at a finer resolution: too few elements do not say where a tilt lies.
PlacingLevels placing_levels(const Stack& stack, double finest_A) {
  const double field_A = stack.full_pixel_A * std::max(stack.full_size.nx, stack.full_size.ny);
  const double coarsest_A = field_A / fewest_resolved, placing_A = std::min(finest_A, coarsest_A);
  return {slab_level(stack, 1.5 * placing_A), slab_level(stack, placing_A),
          slab_level(stack, std::min(1.5 * finest_A, coarsest_A))};
}

// The direction of the axis that is nearer to this one: no image tells them apart.
void choose_hand(double nominal_deg, SlabState& state) {
  const double off_deg = state.projections.front().z_rot_deg - nominal_deg;
  const double turn_deg = std::remainder(off_deg, 180.0) - off_deg;
  for (Projection& projection : state.projections) projection.z_rot_deg += turn_deg;
}

void place_along_axis(const PlacingLevels& levels, SlabState& state) {
  grow(levels.fine, state);
  refine(levels.rough, state, 6, false);
}

// False: the best axis is at the end of the range.
bool place_near_axis(const SlabOptions& options, const PlacingLevels& levels, SlabState& state) {
  place_along_axis(levels, state);
  return options.axis_range_deg <= 0.0 || correct_axis(levels.rough, state, options);
}

// Shifts and axis; the axis from nothing if it is not known, or known to be wrong.
void place_all(const Stack& stack, const Alignment& start, const SlabOptions& options,
               const PlacingLevels& levels, SlabState& state) {
  if (options.axis_known && place_near_axis(options, levels, state) &&
      (options.axis_range_deg <= 0.0 || !another_axis_is_better(levels.for_axis, state)))
    return;
  state = slab_start(stack, start, options);
  find_axis(levels.for_axis, state);
  place_along_axis(levels, state);
  tune_axis(levels.rough, state, {1.0, 0.3}, 1);
  if (options.axis_known) choose_hand(start.tilts.front().projection.z_rot_deg, state);
}

// As the solver says of beads.
void note_span(const SlabState& state, SlabAlignment& result) {
  constexpr double narrow_deg = 20.0;
  double low = 1e300, high = -1e300;
  for (const int tilt : state.tilts) {
    const double angle = state.projections[static_cast<std::size_t>(tilt)].y_tilt_deg;
    low = std::min(low, angle), high = std::max(high, angle);
  }
  if (high - low < narrow_deg)
    result.doubts.push_back(fmt::format(
        "The tilts span {:.0f} degrees: depths and the tilt axis are poorly known.", high - low));
}

}  // namespace

SlabAlignment align_slab(const Stack& stack, const Alignment& start, const SlabOptions& options) {
  SlabState state = slab_start(stack, start, options);
  SlabAlignment result;
  result.thickness_A = options.thickness_A;
  const double full_A = stack.full_pixel_A;

  const double coarse_A = std::max(60.0, 2.0 * options.finest_A);
  place_all(stack, start, options, placing_levels(stack, coarse_A), state);
  const SlabLevel coarse = slab_level(stack, coarse_A);
  const SlabLevel rough = slab_level(stack, 1.5 * coarse_A);
  refine(coarse, state, 4, false);
  constexpr double edge_variety = 0.19;  // edges of carbon 0.13 to 0.16, specimens from 0.24 on
  result.is_edge = variety_of_directions(coarse, state) < edge_variety;
  drop_strangers(coarse, state);
  if (options.thickness_A <= 0.0) {
    find_thickness(coarse, state, options);
  }
  if (options.levels_about_x) result.x_turn_deg = level_about_x(rough, coarse, state, options);
  if (options.thickness_A <= 0.0) settle_thickness(coarse, state);
  refine(coarse, state, 4, false);
  if (options.axis_range_deg > 0.0) tune_axis(coarse, state, {0.5, 0.2}, 1);

  const SlabLevel fine =
      options.is_start ? slab_level(stack, coarse_A) : slab_level(stack, options.finest_A);
  if (!options.is_start) {
    refine(fine, state, 3, false);
    if (options.axis_range_deg > 0.0) tune_axis(fine, state, {0.2}, 0);
  }
  const SlabEvaluation last = refine_all(fine, state, options.is_start ? 2 : 4);

  const std::size_t n = stack.tilts.size();
  result.agreement.assign(n, 0.0);
  result.placed.assign(n, false);
  for (const int tilt : state.tilts) result.placed[static_cast<std::size_t>(tilt)] = true;
  Eigen::MatrixXd covariance = shift_covariance(fine, state, last);
  set_agreement(state, last, result);
  const auto slow = remove_slow_errors(stack, options, state);
  if (slow) settle_along_axis(fine, state);
  set_errors(state, std::move(covariance), slow, result);
  result.projections = state.projections;
  result.deformation = state.deformation;
  fill_unplaced(state, result);
  result.thickness_A = state.thickness_px * full_A;
  result.axis_deg = state.projections[static_cast<std::size_t>(state.tilts.front())].z_rot_deg;
  note_errors(state, full_A, result);
  note_span(state, result);
  return result;
}

namespace {

// With the thickness, of some around, that lets the tilts agree best: one that is too small, as
// that of few beads, would spoil the predictions of an alignment that is right.
SlabEvaluation best_evaluation(const SlabLevel& level, const SlabState& state) {
  const auto spectra = slab_spectra(level.stack, state.projections, state.tilts, level.grid);
  SlabEvaluation best;
  double best_agreement = -1e300;
  for (const double factor : {1.0, 0.85, 1.18, 1.4}) {
    const double thickness_px = factor * state.thickness_px;
    const auto signal = measured_signal(spectra, thickness_px, level.band);
    SlabEvaluation e = evaluate(spectra, signal, thickness_px, level.band);
    double sum = 0.0;
    for (std::size_t i = 0; i < state.tilts.size(); ++i) sum += agreement_of(e, i);
    if (sum <= best_agreement) continue;
    best_agreement = sum;
    best = std::move(e);
  }
  return best;
}

}  // namespace

SlabAgreement slab_agreement(const Stack& stack, const std::vector<Projection>& projections,
                             const std::vector<bool>& used, double thickness_A) {
  constexpr double finest_A = 40.0;
  SlabState state;
  state.projections = projections;
  for (std::size_t t = 0; t < used.size(); ++t)
    if (used[t] && !stack.tilts[t].image.empty()) state.tilts.push_back(static_cast<int>(t));
  SlabAgreement agreement;
  agreement.measured.assign(used.size(), 0.0);
  agreement.thickness_A = thickness_A;
  if (state.tilts.size() < 3) return agreement;
  const SlabLevel level = slab_level(stack, finest_A);
  state.thickness_px = (thickness_A > 0.0 ? thickness_A : 1500.0) / stack.full_pixel_A;
  if (thickness_A <= 0.0) find_thickness(level, state, SlabOptions{});
  agreement.thickness_A = state.thickness_px * stack.full_pixel_A;
  const SlabEvaluation e = best_evaluation(level, state);
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    const auto tilt = static_cast<std::size_t>(state.tilts[i]);
    agreement.measured[tilt] = agreement_of(e, i);
    agreement.mean += agreement.measured[tilt] / static_cast<double>(state.tilts.size());
  }
  return agreement;
}

SlabPictures slab_pictures(const Stack& stack, const std::vector<Projection>& projections,
                           const std::vector<bool>& used, double thickness_A, double finest_A) {
  const SlabLevel level = slab_level(stack, finest_A);
  std::vector<int> tilts;
  for (std::size_t t = 0; t < used.size(); ++t)
    if (used[t] && !stack.tilts[t].image.empty()) tilts.push_back(static_cast<int>(t));
  const auto spectra = slab_spectra(level.stack, projections, tilts, level.grid);
  const double thickness_px = thickness_A / stack.full_pixel_A;
  const auto signal = measured_signal(spectra, thickness_px, level.band);
  const auto found = evaluate(spectra, signal, thickness_px, level.band);
  SlabPictures pictures;
  pictures.step_px = level.grid.step_px;
  pictures.measured.resize(stack.tilts.size());
  pictures.predicted.resize(stack.tilts.size());
  const int n = level.grid.n;
  const Fft2d fft({n, n});
  parallel_for(static_cast<int>(tilts.size()), [&](int i) {
    const auto at = static_cast<std::size_t>(i), tilt = static_cast<std::size_t>(tilts[at]);
    const auto to_picture = [&](const Image<cfloat>& values) {
      Image<cfloat> band(n / 2 + 1, n);
      const double high = level.band.highest * level.grid.period_px(),
                   low = level.band.lowest * level.grid.period_px();
      for (int row = 0; row < n; ++row)
        for (int kx = 0; kx <= n / 2; ++kx) {
          const double k = std::hypot(kx, signed_frequency(row, n));
          if (k < low || k > high) continue;
          const bool mirrored = kx == 0 && row > n / 2;
          band(kx, row) = mirrored ? std::conj(values(0, n - row)) : values(kx, row);
        }
      Image<float> picture(n, n);
      fft.backward(band, picture);
      return picture;
    };
    pictures.measured[tilt] = to_picture(spectra.values[at]);
    pictures.predicted[tilt] = to_picture(found.predicted[at]);
  });
  return pictures;
}

}  // namespace gimbal::tilt
