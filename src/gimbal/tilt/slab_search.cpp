// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_search.h"

#include "gimbal/core/error.h"
#include "gimbal/core/median.h"
#include "gimbal/core/parabola.h"
#include "gimbal/core/parallel.h"
#include "gimbal/num/linear.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

int fast_size(double least) {
  int n = std::max(32, static_cast<int>(std::ceil(least / 4.0)) * 4);
  while (!has_only_small_primes(n, 7)) n += 4;
  return n;
}

struct Peak {
  Vec2 position;  // grid px, relative to the middle
  double height = 0.0;
  double significance = 0.0;  // in standard deviations of the map
};

// Sub-pixel maximum by parabolas.
Peak highest(View<const float> map) {
  const int n = map.nx();
  int bx = 0, by = 0;
  double sum2 = 0.0;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      sum2 += static_cast<double>(map(x, y)) * map(x, y);
      if (map(x, y) > map(bx, by)) bx = x, by = y;
    }
  const auto at = [&](int x, int y) { return static_cast<double>(map((x + n) % n, (y + n) % n)); };
  Peak peak;
  peak.height = at(bx, by);
  peak.significance = peak.height / std::sqrt(sum2 / (static_cast<double>(n) * n) + 1e-30);
  const double x = bx + parabola_vertex(at(bx - 1, by), at(bx, by), at(bx + 1, by));
  const double y = by + parabola_vertex(at(bx, by - 1), at(bx, by), at(bx, by + 1));
  peak.position = {x > n / 2 ? x - n : x, y > n / 2 ? y - n : y};
  return peak;
}

// The placed tilts nearest in angle.
std::vector<int> nearest(const SlabState& state, int tilt, std::size_t most) {
  std::vector<int> near = state.tilts;
  const auto angle = [&](int t) {
    return state.projections[static_cast<std::size_t>(t)].y_tilt_deg;
  };
  std::sort(near.begin(), near.end(), [&](int a, int b) {
    const double da = std::abs(angle(a) - angle(tilt)), db = std::abs(angle(b) - angle(tilt));
    return da != db ? da < db : a < b;
  });
  if (near.size() > most) near.resize(most);
  return near;
}

// Of the last view with the others.
Peak correlation_peak(const SlabLevel& level, const SlabState& state, const SlabSpectra& spectra,
                      const std::vector<int>& members, const Fft2d& fft) {
  const auto signal = assumed_signal(spectra, level.band);
  auto product = weighted_correlation(spectra, signal, state.thickness_px, level.band, members);
  complete_first_column(product);
  Image<float> map(level.grid.n, level.grid.n);
  fft.backward(product, map);
  return highest(map);
}

void move(Projection& projection, Vec2 plane_px) {
  projection.shift_px = projection.shift_px + PlaneView(projection).to_image(plane_px);
}

// Where a tilt was found, and how clearly.
struct Place {
  Projection projection;
  double significance = 0.0;  // of the last peak
  Vec2 moved_px;              // from the start, in the plane
};

// Looks from where `projection` is; the last of `members` is the tilt's own view, number `own`.
Place look_from(const SlabLevel& level, const SlabState& state, const Projection& projection,
                int tilt, const std::vector<int>& members, const Fft2d& fft, SlabSpectra& spectra) {
  const auto own = static_cast<std::size_t>(members.back());
  Place place{projection, 0.0, {}};
  for (int round = 0; round < 3; ++round) {  // the image moves under its window: look again
    set_view(level.stack, place.projection, tilt, own, fft, spectra);
    const Peak peak = correlation_peak(level, state, spectra, members, fft);
    const Vec2 step_px = level.grid.step_px * peak.position;
    place.significance = peak.significance;
    place.moved_px = place.moved_px + step_px;
    move(place.projection, step_px);
    if (length(peak.position) < 1.0) break;
  }
  return place;
}

// The picture's period is little more than the field, and a tilt that is far away is seen as well
// one period too far: the other places where it may be.
std::vector<Projection> other_places(const SlabLevel& level, const Place& found,
                                     const Projection& start) {
  constexpr double farthest = 0.85;  // of the field, from where it was looked for
  const Vec2 limit_px{farthest * level.stack.full_size.nx, farthest * level.stack.full_size.ny};
  std::vector<Projection> places;
  for (const double x : {-1.0, 0.0, 1.0})
    for (const double y : {-1.0, 0.0, 1.0}) {
      if (x == 0.0 && y == 0.0) continue;
      Projection other = found.projection;
      move(other, level.grid.period_px() * Vec2{x, y});
      const Vec2 far_px = other.shift_px - start.shift_px;
      if (std::abs(far_px.x) < limit_px.x && std::abs(far_px.y) < limit_px.y)
        places.push_back(other);
    }
  return places;
}

// A tilt that was looked for twice has left a view before.
int last_view_of(const SlabSpectra& spectra, int tilt) {
  const auto last = std::find(spectra.tilts.rbegin(), spectra.tilts.rend(), tilt);
  return static_cast<int>(spectra.tilts.rend() - last) - 1;
}

// Finds the shift of one tilt from those placed, whose views are in `spectra`, and adds its own;
// the significance of its peak.
double place(const SlabLevel& level, SlabState& state, int tilt, const Fft2d& fft,
             SlabSpectra& spectra) {
  std::vector<int> members;
  for (const int near : nearest(state, tilt, 8)) members.push_back(last_view_of(spectra, near));
  members.push_back(spectra.count());
  auto& projection = state.projections[static_cast<std::size_t>(tilt)];
  const auto own = spectra.tilts.size();
  const Projection start = projection;
  Place best = look_from(level, state, start, tilt, members, fft, spectra);
  const auto consider = [&](const Projection& from) {
    const Place other = look_from(level, state, from, tilt, members, fft, spectra);
    if (other.significance > best.significance) best = other;
  };
  for (const Projection& other : other_places(level, best, start)) consider(other);
  projection = best.projection;
  set_view(level.stack, projection, tilt, own, fft, spectra);
  return best.significance;
}

}  // namespace

void look_again(const SlabLevel& level, SlabState state, int tilt, SlabSpectra& spectra) {
  std::erase(state.tilts, tilt);
  std::vector<int> members;
  for (const int near : nearest(state, tilt, 8)) members.push_back(last_view_of(spectra, near));
  members.push_back(last_view_of(spectra, tilt));
  const Projection start = state.projections[static_cast<std::size_t>(tilt)];
  const Fft2d fft({level.grid.n, level.grid.n});
  const Place place = look_from(level, state, start, tilt, members, fft, spectra);
  set_view(level.stack, place.projection, tilt, static_cast<std::size_t>(members.back()), fft,
           spectra);
}

SlabLevel slab_level(const Stack& stack, double finest_A) {
  SlabLevel level;
  const double wanted_px = finest_A / 2.6 / stack.full_pixel_A;  // full-size px
  const int factor = std::max(1, static_cast<int>(std::floor(wanted_px / stack.binning)));
  level.stack = reduced(stack, factor);
  level.grid.step_px = std::max(wanted_px, static_cast<double>(level.stack.binning));
  const double field_px = 1.1 * std::max(stack.full_size.nx, stack.full_size.ny);
  level.grid.n = fast_size(field_px / level.grid.step_px);
  const double finest_px = std::max(finest_A / stack.full_pixel_A, 2.3 * level.grid.step_px);
  level.band = {4.0 / field_px, 1.0 / finest_px};
  return level;
}

SlabState slab_start(const Stack& stack, const Alignment& start, const SlabOptions& options) {
  SlabState state;
  for (std::size_t t = 0; t < stack.tilts.size(); ++t) {
    state.projections.push_back(start.tilts[t].projection);
    if (!stack.tilts[t].image.empty() && start.tilts[t].state == TiltState::used)
      state.candidates.push_back(static_cast<int>(t));
  }
  if (state.candidates.size() < 3)
    fail("only {} of {} tilts have usable images, but at least 3 are needed for an alignment",
         state.candidates.size(), stack.tilts.size());
  const double thickness_A = options.thickness_A > 0.0 ? options.thickness_A : 1500.0;
  state.thickness_px = thickness_A / stack.full_pixel_A;
  return state;
}

namespace {

// Takes out the one whose nearest placed neighbour is nearest.
int take_next(const SlabState& state, std::vector<int>& waiting) {
  const auto angle = [&](int t) {
    return state.projections[static_cast<std::size_t>(t)].y_tilt_deg;
  };
  std::size_t next = 0;
  double least = 1e300;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    for (const int t : state.tilts) {
      const double d = std::abs(angle(waiting[i]) - angle(t));
      if (d < least) least = d, next = i;
    }
  const int tilt = waiting[next];
  waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(next));
  return tilt;
}

void grow_once(const SlabLevel& level, SlabState& state) {
  auto waiting = state.candidates;
  const auto angle = [&](int t) {
    return state.projections[static_cast<std::size_t>(t)].y_tilt_deg;
  };
  std::sort(waiting.begin(), waiting.end(), [&](int a, int b) {
    const double da = std::abs(angle(a)), db = std::abs(angle(b));
    return da != db ? da < db : a < b;
  });
  state.tilts = {waiting.front()};
  waiting.erase(waiting.begin());
  const Fft2d fft({level.grid.n, level.grid.n});
  SlabSpectra spectra = slab_spectra(level.stack, state.projections, state.tilts, level.grid);
  // A place that is found far less clearly than others is a place by chance, and tilts that follow
  // there confirm it: such tilts wait until all others are placed.
  std::vector<int> doubtful;
  std::vector<double> significances;
  while (!waiting.empty() || !doubtful.empty()) {
    const bool is_last_round = waiting.empty();
    auto& from = is_last_round ? doubtful : waiting;
    const int tilt = take_next(state, from);
    auto& projection = state.projections[static_cast<std::size_t>(tilt)];
    const Projection start = projection;
    if (projection.shift_px == Vec2{})
      projection.shift_px =
          state.projections[static_cast<std::size_t>(nearest(state, tilt, 1)[0])].shift_px;
    const double significance = place(level, state, tilt, fft, spectra);
    constexpr double least_significance = 5.0, least_part = 0.25;
    const bool is_clear = is_last_round || significances.size() < 3 ||
                          significance >= least_part * median(significances);
    if (!is_clear) {
      doubtful.push_back(tilt);
      projection = start;
    } else if (significance >= least_significance) {
      state.tilts.push_back(tilt);
      significances.push_back(significance);
    }
  }
  std::sort(state.tilts.begin(), state.tilts.end());
}

// Of the places in the plane that the images' centres show.
Vec2 middle_of(const SlabState& state) {
  std::vector<double> x, y;
  for (const int t : state.tilts) {
    const Projection& projection = state.projections[static_cast<std::size_t>(t)];
    const Vec2 centre = PlaneView(projection).to_plane(-1.0 * projection.shift_px);
    x.push_back(centre.x), y.push_back(centre.y);
  }
  return {median(std::move(x)), median(std::move(y))};
}

}  // namespace

void grow(const SlabLevel& level, SlabState& state) {
  constexpr double allowed = 0.1;  // of the field
  grow_once(level, state);
  // The tilt that it began with may be far from the others, and what they show outside the grid.
  const Vec2 middle = middle_of(state);
  const Vec2 limit{allowed * level.stack.full_size.nx, allowed * level.stack.full_size.ny};
  if (std::abs(middle.x) < limit.x && std::abs(middle.y) < limit.y) return;
  std::vector<bool> placed(state.projections.size(), false);
  for (const int t : state.tilts) placed[static_cast<std::size_t>(t)] = true;
  for (std::size_t t = 0; t < placed.size(); ++t)
    if (placed[t])
      move(state.projections[t], middle);
    else
      state.projections[t].shift_px = {};
  grow_once(level, state);
}

namespace {

// A step of all shifts; the contents of the views follow. The largest change, in px of the plane.
double newton_step(const SlabLevel& level, const SlabEvaluation& e, SlabState& state,
                   SlabSpectra& spectra) {
  Eigen::MatrixXd information = e.information;
  information.diagonal().array() += 1e-6 * information.diagonal().maxCoeff() + 1e-12;
  Eigen::VectorXd delta = solve_symmetric(information, e.gradient);
  const double limit = 0.25 / level.band.highest, largest = delta.cwiseAbs().maxCoeff();
  for (Eigen::Index i = 0; i < delta.size(); ++i) delta(i) = std::clamp(delta(i), -limit, limit);
  parallel_for(spectra.count(), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    const Vec2 change{delta(2 * i), delta(2 * i + 1)};
    move(state.projections[static_cast<std::size_t>(state.tilts[at])], -1.0 * change);
    move_content(spectra, at, change);
  });
  return largest;
}

// Steps between which the images are not sampled anew: turned phases move the views, though not
// the rims of the images.
constexpr int steps_of_one_sampling = 3;

SlabEvaluation evaluate_here(const SlabLevel& level, const SlabState& state,
                             const SlabSpectra& spectra) {
  const auto signal = measured_signal(spectra, state.thickness_px, level.band);
  return evaluate(spectra, signal, state.thickness_px, level.band, WithPictures::no);
}

SlabSpectra spectra_here(const SlabLevel& level, const SlabState& state) {
  return slab_spectra(level.stack, state.projections, state.tilts, level.grid);
}

}  // namespace

SlabEvaluation refine(const SlabLevel& level, SlabState& state, int steps, bool evaluate_last) {
  SlabSpectra spectra;
  for (int step = 0; step < steps; ++step) {
    if (step % steps_of_one_sampling == 0) spectra = spectra_here(level, state);
    const double largest = newton_step(level, evaluate_here(level, state, spectra), state, spectra);
    if (largest < 0.002 / level.band.highest) break;
  }
  if (!evaluate_last) return {};
  if (steps == 0) spectra = spectra_here(level, state);
  return evaluate_here(level, state, spectra);
}

// After a few Newton steps of the shifts.
double settled_likelihood(const SlabLevel& level, SlabState state, int steps) {
  SlabSpectra spectra = spectra_here(level, state);
  for (int step = 0; step < steps; ++step)
    newton_step(level, evaluate_here(level, state, spectra), state, spectra);
  const auto signal = measured_signal(spectra, state.thickness_px, level.band);
  return log_likelihood(spectra, signal, state.thickness_px, level.band);
}

void find_thickness(const SlabLevel& level, SlabState& state, const SlabOptions& options) {
  constexpr double factor = 1.25;
  const double full_A = level.stack.full_pixel_A;
  const SlabSpectra spectra = spectra_here(level, state);
  const auto likelihood_at = [&](double thickness_px) {
    const auto signal = measured_signal(spectra, thickness_px, level.band);
    return log_likelihood(spectra, signal, thickness_px, level.band);
  };
  std::vector<double> thickness_px, likelihood;
  for (double A = 300.0; A <= options.largest_thickness_A; A *= factor) {
    thickness_px.push_back(A / full_A);
    likelihood.push_back(likelihood_at(A / full_A));
  }
  if (thickness_px.empty()) return;
  const auto best = static_cast<std::size_t>(
      std::max_element(likelihood.begin(), likelihood.end()) - likelihood.begin());
  double steps = 0.0;  // of the parabola's vertex, in logarithms
  if (best > 0 && best + 1 < likelihood.size())
    steps = parabola_vertex(likelihood[best - 1], likelihood[best], likelihood[best + 1]);
  state.thickness_px = thickness_px[best] * std::pow(factor, steps);
}

double agreement_of(const SlabEvaluation& e, std::size_t i) {
  const double norm = std::sqrt(e.measured_power[i] * e.predicted_power[i]);
  return norm > 0.0 ? e.cross[i] / norm : 0.0;
}

void settle_thickness(const SlabLevel& level, SlabState& state) {
  const SlabState start = state;
  const SlabSpectra unmoved = spectra_here(level, start);
  double best_agreement = -1.0;
  const auto consider = [&](double thickness_px) {
    SlabState trial = start;
    trial.thickness_px = thickness_px;
    SlabSpectra spectra = unmoved.clone();
    for (int step = 0; step < steps_of_one_sampling; ++step)
      newton_step(level, evaluate_here(level, trial, spectra), trial, spectra);
    const SlabEvaluation e = evaluate_here(level, trial, spectra);
    double sum = 0.0;
    for (std::size_t i = 0; i < trial.tilts.size(); ++i) sum += agreement_of(e, i);
    if (sum > best_agreement) best_agreement = sum, state = trial;
  };
  for (const double factor : {1.0, 0.72, 0.85, 1.18}) consider(factor * start.thickness_px);
  const double around = state.thickness_px;
  for (const double factor : {0.92, 1.08}) consider(factor * around);
}

}  // namespace gimbal::tilt
