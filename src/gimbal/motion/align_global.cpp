// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/align_global.h"

#include "gimbal/core/parabola.h"
#include "gimbal/core/parallel.h"
#include "gimbal/motion/likelihood.h"
#include "gimbal/num/fourier.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace gimbal {
namespace {

constexpr double search_px = 50.0;  // in one iteration; RELION's range
constexpr double coarse_settled_px = 3.0, fine_settled_px = 0.5;

// The best shift that a correlation map supports. Near its origin the highest value counts; a place
// farther away must be higher by four standard deviations of the map, because at low dose noise has
// its peaks, too. A map that is smooth over longer ways than the near ones rises somewhere by
// chance: there the highest value must be above the origin's by `least_gain` standard deviations.
class PeakSearch {
 public:
  PeakSearch(View<const float> map, double step_x_px, double step_y_px, double least_gain)
      : map_(map), step_x_px_(step_x_px), step_y_px_(step_y_px), least_gain_(least_gain) {}

  Shift best() const {
    constexpr double near_px = 6.0, least_steps = 2.5, significant = 4.0;
    const Place near = highest(std::max(near_px, least_steps * step_x_px_),
                               std::max(near_px, least_steps * step_y_px_));
    const Place far = highest(search_px, search_px);
    const double sigma = deviation();
    const Place best = at(far.x, far.y) > at(near.x, near.y) + significant * sigma ? far : near;
    return at(best.x, best.y) >= at(0, 0) + least_gain_ * sigma ? refined(best) : Shift{};
  }

 private:
  struct Place {
    int x = 0, y = 0;
  };
  double at(int x, int y) const {
    const int nx = map_.nx(), ny = map_.ny();
    return static_cast<double>(map_((x + nx) % nx, (y + ny) % ny));
  }
  Place highest(double range_x_px, double range_y_px) const {
    const int range_x =
        std::clamp(static_cast<int>(range_x_px / step_x_px_), 1, (map_.nx() - 1) / 2);
    const int range_y =
        std::clamp(static_cast<int>(range_y_px / step_y_px_), 1, (map_.ny() - 1) / 2);
    Place best;
    for (int y = -range_y; y <= range_y; ++y)
      for (int x = -range_x; x <= range_x; ++x)
        if (at(x, y) > at(best.x, best.y)) best = {x, y};
    return best;
  }
  double deviation() const {  // the map's mean is zero: it has no zero frequency
    double squares = 0.0;
    for (int y = 0; y < map_.ny(); ++y)
      for (int x = 0; x < map_.nx(); ++x)
        squares += static_cast<double>(map_.row(y)[x]) * static_cast<double>(map_.row(y)[x]);
    return std::sqrt(squares / static_cast<double>(map_.count()));
  }
  // The vertex of a parabola along each axis.
  Shift refined(Place place) const {
    const auto [x, y] = place;
    const double middle = at(x, y);
    return {(x + parabola_vertex(at(x - 1, y), middle, at(x + 1, y))) * step_x_px_,
            (y + parabola_vertex(at(x, y - 1), middle, at(x, y + 1))) * step_y_px_};
  }
  View<const float> map_;
  double step_x_px_, step_y_px_, least_gain_;
};

// Correlation of one frame with the sum of the others, under a Gaussian envelope exp(-2 B f^2).
struct Correlator {
  Correlator(const LowSpectra& spectra, int size, double bfactor_px2, double least_gain_sd)
      : least_gain(least_gain_sd),
        k_max{std::min(spectra.k_max.nx, size / 2 - 1), std::min(spectra.k_max.ny, size / 2 - 1)},
        fft({2 * (k_max.nx + 1), 2 * (k_max.ny + 1)}),
        envelope(k_max.ny * 2 + 1, k_max.nx + 1) {
    for (int kx = 0; kx <= k_max.nx; ++kx)
      for (int ky = -k_max.ny; ky <= k_max.ny; ++ky) {
        const double f2 =
            std::pow(kx / spectra.period_x_px, 2) + std::pow(ky / spectra.period_y_px, 2);
        const bool low = kx * kx + ky * ky < min_ring * min_ring;
        envelope(ky + k_max.ny, kx) =
            low ? 0.0F : static_cast<float>(std::exp(-2.0 * bfactor_px2 * f2));
      }
  }
  Shift shift_of(const LowSpectra& spectra, int i, View<const cfloat> sum) const {
    const Size2 size = fft.size();
    Image<cfloat> product(size.nx / 2 + 1, size.ny);
    const auto& frame = spectra.frames[static_cast<std::size_t>(i)];
    for (int kx = 0; kx <= k_max.nx; ++kx)
      for (int ky = -k_max.ny; ky <= k_max.ny; ++ky) {
        const int at = ky + spectra.k_max.ny;
        const cfloat own = frame.row(kx)[at], others = sum.row(kx)[at] - own;
        product(kx, ky < 0 ? ky + size.ny : ky) =
            others * std::conj(own) * envelope(ky + k_max.ny, kx);
      }
    Image<float> correlation(size.nx, size.ny);
    fft.backward(product, correlation);
    return PeakSearch(correlation, spectra.period_x_px / size.nx, spectra.period_y_px / size.ny,
                      least_gain)
        .best();
  }
  double least_gain;
  Size2 k_max;
  Fft2d fft;
  Image<float> envelope;
};

// Correlates until the shifts settle; adds to `shifts`. The likelihood does the fine work later.
void correlate(LowSpectra& spectra, const Correlator& correlator, double settled_px,
               std::vector<Shift>& shifts) {
  constexpr int max_iterations = 6;
  for (int iteration = 0; iteration < max_iterations; ++iteration) {
    const auto sum = sum_of_frames(spectra);
    std::vector<Shift> steps(shifts.size());
    parallel_for(spectra.count(), [&](int i) {
      steps[static_cast<std::size_t>(i)] = correlator.shift_of(spectra, i, sum);
    });
    double longest = 0.0;
    for (std::size_t i = 0; i < steps.size(); ++i)
      longest = std::max(longest, std::hypot(steps[i].x - steps[0].x, steps[i].y - steps[0].y));
    parallel_for(spectra.count(),
                 [&](int i) { apply_shift(spectra, i, steps[static_cast<std::size_t>(i)]); });
    for (std::size_t i = 0; i < steps.size(); ++i) {
      shifts[i].x += steps[i].x;
      shifts[i].y += steps[i].y;
    }
    if (longest < settled_px) break;
  }
}

// The same for sums of `group` consecutive frames, which show more signal; all frames of a group
// move.
void correlate_groups(LowSpectra& spectra, const Correlator& correlator, int group,
                      std::vector<Shift>& shifts) {
  const FrameGroups layout{spectra.count(), group};
  const int n_groups = layout.count();
  const auto group_of = [&](int i) { return std::min(i / group, n_groups - 1); };
  LowSpectra groups = added_up(spectra, layout);
  std::vector<Shift> group_shifts(static_cast<std::size_t>(n_groups));
  correlate(groups, correlator, coarse_settled_px, group_shifts);
  parallel_for(spectra.count(), [&](int i) {
    const Shift shift = group_shifts[static_cast<std::size_t>(group_of(i))];
    apply_shift(spectra, i, shift);
    shifts[static_cast<std::size_t>(i)] = shift;
  });
}

// Returns the length of the last step.
double refine(LowSpectra& spectra, const Likelihood& likelihood, int max_steps,
              std::vector<Shift>& shifts) {
  constexpr double longest_step_px = 2.0;
  const Shift error = likelihood.error_px();
  const double settled_px = std::max(0.001, 0.03 * std::min(error.x, error.y));
  double longest = 0.0;
  for (int iteration = 0; iteration < max_steps; ++iteration) {
    const auto sum = sum_of_frames(spectra);
    std::vector<double> lengths(shifts.size());
    std::vector<Shift> steps(shifts.size());
    parallel_for(spectra.count(), [&](int i) {
      const auto at = static_cast<std::size_t>(i);
      Shift step = likelihood.newton_step(spectra, i, sum);
      lengths[at] = std::hypot(step.x, step.y);
      const double shorten = std::min(1.0, longest_step_px / std::max(lengths[at], 1e-30));
      steps[at] = {step.x * shorten, step.y * shorten};
    });
    parallel_for(spectra.count(),
                 [&](int i) { apply_shift(spectra, i, steps[static_cast<std::size_t>(i)]); });
    for (std::size_t i = 0; i < shifts.size(); ++i) {
      shifts[i].x += steps[i].x;
      shifts[i].y += steps[i].y;
    }
    longest = *std::max_element(lengths.begin(), lengths.end());
    if (longest < settled_px) break;
  }
  return longest;
}

// The rings of groups of frames, for groups `times` smaller.
SignalRings of_parts(SignalRings rings, int n_parts, int times) {
  rings.n_frames = n_parts;
  for (double& power : rings.signal) power /= static_cast<double>(times) * times;
  for (double& power : rings.noise) power /= times;
  return rings;
}

// Newton steps of one spectrum towards a sum that it has no share in; returns the whole way.
Shift climb(LowSpectra& spectra, int i, View<const cfloat> others, const Likelihood& likelihood) {
  constexpr int max_steps = 4;
  constexpr double longest_step_px = 2.0, settled_px = 0.01;
  Shift way;
  for (int n = 0; n < max_steps; ++n) {
    Shift step = likelihood.newton_step(spectra, i, others);
    const double length = std::hypot(step.x, step.y),
                 shorten = std::min(1.0, longest_step_px / std::max(length, 1e-30));
    step = {step.x * shorten, step.y * shorten};
    apply_shift(spectra, i, step);
    way = {way.x + step.x, way.y + step.y};
    if (length < settled_px) break;
  }
  return way;
}

}  // namespace

GlobalAlignment align_global(LowSpectra& spectra, double bfactor_px2) {
  GlobalAlignment result;
  result.shifts.resize(static_cast<std::size_t>(spectra.count()));
  const auto measure = [&] { return measure_signal(spectra, sum_of_frames(spectra)); };
  if (spectra.count() < 2 || spectra.k_max.nx < min_ring || spectra.k_max.ny < min_ring) {
    result.signal = measure();
    result.converged = true;
    return result;
  }
  // Long drifts first, on low frequencies, where a sum of frames that are apart still shows them.
  // There only steps count that the fine search could miss.
  const Correlator coarse(spectra, 192, std::max(bfactor_px2, 2500.0), 1.0),
      fine(spectra, 384, bfactor_px2, 0.0);
  const int third = (spectra.count() + 2) / 3;
  if (third > 1) correlate_groups(spectra, coarse, third, result.shifts);
  correlate(spectra, coarse, coarse_settled_px, result.shifts);
  correlate(spectra, fine, fine_settled_px, result.shifts);
  // The signal found and the shifts depend on each other.
  constexpr int rounds = 2, steps_per_round = 5;
  std::optional<RingGeometry> geometry;  // of both
  for (int round = 0; round < rounds; ++round) {
    result.signal = measure();
    if (!geometry) geometry.emplace(spectra, result.signal);
    const Likelihood likelihood(*geometry, result.signal);
    if (!likelihood.has_signal()) return result;
    const double last = refine(spectra, likelihood, steps_per_round, result.shifts);
    result.converged = last < 0.05;
    result.error_px = likelihood.error_px();
  }
  return result;
}

PartShifts align_parts(CornerReader& reader, const FrameGroups& parts, const FrameGroups& groups,
                       const LowSpectra& aligned, const GlobalAlignment& alignment,
                       const std::vector<Shift>& start) {
  constexpr int batch = 8;  // in memory
  const SignalRings rings = of_parts(alignment.signal, parts.count(), groups.size / parts.size);
  const Likelihood likelihood(RingGeometry(aligned, rings), rings);
  PartShifts result{start, alignment.error_px};
  if (!likelihood.has_signal()) return result;
  result.error_px = likelihood.error_px();
  const auto sum = sum_of_frames(aligned);
  for (int first = 0; first < parts.count(); first += batch) {
    const int n = std::min(batch, parts.count() - first);
    LowSpectra spectra = reader.empty();
    for (int p = first; p < first + n; ++p)
      spectra.frames.push_back(reader.read(parts.begin(p), parts.end(p)));
    parallel_for(n, [&](int i) {
      const auto part = static_cast<std::size_t>(first + i);
      const auto group = static_cast<std::size_t>(
          std::min(parts.begin(first + i) / groups.size, groups.count() - 1));
      const Shift in_group = alignment.shifts[group], from = start[part];
      apply_shift(spectra, i, in_group);
      Image<cfloat> others = sum.clone();
      const auto& own = spectra.frames[static_cast<std::size_t>(i)];
      for (int kx = 0; kx < others.ny(); ++kx)
        for (int at = 0; at < others.nx(); ++at) others.row(kx)[at] -= own.row(kx)[at];
      apply_shift(spectra, i, {from.x - in_group.x, from.y - in_group.y});
      const Shift way = climb(spectra, i, others, likelihood);
      result.shifts[part] = {from.x + way.x, from.y + way.y};
    });
  }
  return result;
}

}  // namespace gimbal
