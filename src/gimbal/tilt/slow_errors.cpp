// SPDX-License-Identifier: GPL-3.0-or-later
// Errors across the axis, above all those that change slowly with the tilt angle. Neighbouring
// tilts agree whatever they are, and in the slab model distant tilts share too little to show them.
// A strong object is seen by all tilts: with a coarse volume whose own local strengths are its
// prior, and volume and motions solved together, the data show these errors. Strengths and volume
// are refined in turns, with momentum. Rough volumes first: they see errors from far away.
#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"
#include "gimbal/tilt/slow_modes.h"
#include "gimbal/tilt/slow_pictures.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

// A volume, and how it changed last: strengths and momentum.
class Iteration {
 public:
  Iteration(SlowSystem& system, double slab_variance)
      : s_(system), mean_square_(slab_variance), volumes_(system.blocks.size()) {}

  // New strengths for the same volume; where it would then be very improbable, less of it.
  void strengthen() {
    keep_volume();
    auto strengths = local_strengths(s_.grid, volumes_, mean_square_);
    parallel_for(s_.grid.n_blocks(), [&](int b) {
      VolumeBlock& block = s_.blocks[static_cast<std::size_t>(b)];
      auto& strength = strengths[static_cast<std::size_t>(b)];
      for (std::size_t i = 0; i < strength.size(); ++i)
        block.scaled[i] *= std::min(1.0F, block.strength[i] / strength[i]);
      block.strength = std::move(strength);
    });
  }

  // Goes further in the direction in which the volume changed.
  void add_momentum(float share) {
    parallel_for(s_.grid.n_blocks(), [&](int b) {
      VolumeBlock& block = s_.blocks[static_cast<std::size_t>(b)];
      const auto& last = volumes_[static_cast<std::size_t>(b)];
      for (std::size_t i = 0; i < last.size(); ++i)
        block.scaled[i] += share * (block.scaled[i] - last[i] / block.strength[i]);
    });
  }

 private:
  void keep_volume() {
    parallel_for(s_.grid.n_blocks(), [&](int b) {
      const VolumeBlock& block = s_.blocks[static_cast<std::size_t>(b)];
      auto& volume = volumes_[static_cast<std::size_t>(b)];
      volume.resize(block.scaled.size());
      for (std::size_t i = 0; i < volume.size(); ++i)
        volume[i] = block.scaled[i] * block.strength[i];
    });
  }

  SlowSystem& s_;
  double mean_square_;
  std::vector<std::vector<float>> volumes_;
};

struct SlowVolume {
  SlowLevel level;
  SlowSystem system;
  double slab_variance;  // of a voxel, if all were alike
};

SlowSystem slow_system(const VolumeGrid& grid, double noise, double slab_variance) {
  SlowSystem system{grid, noise,
                    std::vector<VolumeBlock>(static_cast<std::size_t>(grid.n_blocks()))};
  const auto strength = static_cast<float>(std::sqrt(slab_variance));
  for (VolumeBlock& block : system.blocks) {
    block.strength.assign(grid.volume_size(), strength);
    block.scaled.assign(grid.volume_size(), 0.0F);
    for (auto* pictures : {&block.pictures, &block.weights, &block.slope})
      pictures->assign(grid.pictures_size(), 0.0F);
  }
  return system;
}

// Nothing where the pictures hold no signal.
std::optional<SlowVolume> slow_volume(const Stack& stack, const SlabState& state, double step_px) {
  SlowLevel level = slow_level(stack, state, step_px);
  const Variances variances = variances_of(level);
  if (!(variances.signal > 0.0) || !(variances.noise > 0.0)) return {};
  const VolumeGrid grid = volume_grid(stack, state, step_px);
  const double slab_variance = variances.signal / grid.nz;
  return SlowVolume{std::move(level), slow_system(grid, variances.noise, slab_variance),
                    slab_variance};
}

// Looks for the turn of the axis at which the likelihood no longer grows: its slope here and a bit
// farther on tells how it bends. (Solved together with the volume, as the shifts are, the axis
// would hardly move: most of what is seen from one tilt alone fits any axis.)
class AxisSearch {
 public:
  // Given the slope (per rad) with the axis where it is now; returns how far to turn it.
  double next_turn(double slope) {
    constexpr double probe = rad_from_deg(0.15), farthest = rad_from_deg(0.6);
    double to = 0.0;  // from the start
    if (tried_ == 0) {
      first_slope_ = slope;
      to = std::copysign(probe, slope);
    } else {
      if (tried_ == 1) bend_ = (first_slope_ - slope) / turn_;
      if (bend_ > 0.0) to = std::clamp(turn_ + slope / bend_, -farthest, farthest);
    }
    ++tried_;
    const double change = to - turn_;
    turn_ = to;
    return change;
  }

 private:
  int tried_ = 0;
  double turn_ = 0.0, first_slope_ = 0.0, bend_ = 0.0;
};

// Of the tilts with what all others predict.
double mean_agreement(const SlowLevel& level, const SlabState& state) {
  const auto spectra =
      slab_spectra(level.slab.stack, state.projections, state.tilts, level.slab.grid);
  const auto signal = measured_signal(spectra, state.thickness_px, level.slab.band);
  const auto e = evaluate(spectra, signal, state.thickness_px, level.slab.band);
  double sum = 0.0;
  for (std::size_t i = 0; i < state.tilts.size(); ++i) sum += agreement_of(e, i);
  return sum / static_cast<double>(state.tilts.size());
}

// Of the placed tilts.
Eigen::VectorXd shifts_across(const SlabState& state) {
  Eigen::VectorXd shifts(static_cast<Eigen::Index>(state.tilts.size()));
  for (Eigen::Index i = 0; i < shifts.size(); ++i) {
    const auto& p =
        state.projections[static_cast<std::size_t>(state.tilts[static_cast<std::size_t>(i)])];
    const double turn = rad_from_deg(p.z_rot_deg);
    shifts(i) = std::cos(turn) * p.shift_px.x + std::sin(turn) * p.shift_px.y;
  }
  return shifts;
}

constexpr double least_share = 0.97;  // slow errors of 30 A cost 1 % of the agreement

SlowModes no_motions(Eigen::Index tilts) {
  SlowModes modes;
  modes.across.resize(tilts, 0);
  return modes;
}

// With the shifts as they are.
void turn_axis(const SlowLevel& level, SlowSystem& system, AxisSearch& axis, SlabState& state) {
  constexpr int iterations = 12;
  const auto tilts = static_cast<Eigen::Index>(state.tilts.size());
  solve_slow(system, no_motions(tilts), iterations);
  const double turn_deg = deg_from_rad(axis.next_turn(turning_slope(system)));
  for (const int t : state.tilts)
    state.projections[static_cast<std::size_t>(t)].z_rot_deg += turn_deg;
  set_pictures(level, state, system);
}

// The strengths come from the same pictures, follow the errors, and flatten the likelihood: true
// errors are so many times those with known strengths (docs/validation.md).
constexpr double by_strengths = 2.8;

// Covariance of the parameters, grid px^2. The volume is settled, and stays.
Eigen::MatrixXd left_open(const SlowModes& modes, SlowSystem& system) {
  constexpr int settling = 12, iterations = 12;
  solve_slow(system, no_motions(modes.across.rows()), settling);
  set_slopes(system);
  std::vector<std::vector<float>> volumes;
  for (const VolumeBlock& block : system.blocks) volumes.push_back(block.scaled);
  const Eigen::MatrixXd covariance = slow_covariance(system, modes, iterations);
  for (std::size_t b = 0; b < volumes.size(); ++b) system.blocks[b].scaled = std::move(volumes[b]);
  return by_strengths * by_strengths * covariance;
}

// How rounds of solution, move and new strengths go on.
struct Rounds {
  int count;
  double momentum;
};

// Sum of the parameters' steps; nothing when they did not come to an end. `after(round)` follows
// each.
template <typename F>
std::optional<Eigen::VectorXd> go_on(const SlowLevel& level, const SlowModes& modes,
                                     const Rounds& rounds, SlowSystem& system, Iteration& iteration,
                                     SlabState& state, F after) {
  constexpr int each = 15;
  Eigen::VectorXd last = Eigen::VectorXd::Zero(modes.precision.size()), sum = last;
  for (int round = 0; round < rounds.count; ++round) {
    set_slopes(system);
    Eigen::VectorXd q = solve_slow(system, modes, each);
    if (round > 0) {
      iteration.add_momentum(static_cast<float>(rounds.momentum));
      q += rounds.momentum * last;
    }
    if (!q.allFinite()) return {};
    last = q;
    sum += q;
    move_by(modes, q, system.grid, state);
    set_pictures(level, state, system);
    iteration.strengthen();
    after(round);
  }
  return sum;
}

// Moves the shifts, and turns the axis so many times in between. False: it did not come to an end.
bool follow(const SlowLevel& level, SlowSystem& system, Iteration& iteration, int rounds, int turns,
            SlabState& state) {
  constexpr int first = 15, second = 10;
  const SlowModes modes = free_modes(system.grid);
  set_pictures(level, state, system);
  solve_slow(system, modes, first);  // slopes are 0: the volume alone
  iteration.strengthen();
  solve_slow(system, modes, second);
  AxisSearch axis;
  const auto turn = [&](int round) {
    if ((round + 1) * turns / rounds > round * turns / rounds)
      turn_axis(level, system, axis, state);
  };
  return go_on(level, modes, {rounds, 0.8}, system, iteration, state, turn).has_value();
}

// By volumes that are too rough to say more.
void approach(const Stack& stack, double step_px, SlabState& state) {
  struct Stage {
    double factor;  // of the steps
    int rounds;
  };
  constexpr double fewest = 20.0;  // voxels across the field, to see anything
  const double field_px = std::max(stack.full_size.nx, stack.full_size.ny);
  for (const auto& [factor, rounds] : {Stage{4.0, 20}, Stage{2.0, 40}}) {
    if (field_px < fewest * factor * step_px) continue;
    auto rough = slow_volume(stack, state, factor * step_px);
    if (!rough) continue;
    Iteration iteration(rough->system, rough->slab_variance);
    SlabState moved = state;
    if (follow(rough->level, rough->system, iteration, rounds, 0, moved)) state = std::move(moved);
  }
}

// With the doming, where the pictures say how much of it there is.
void follow_doming(const SlowLevel& level, const SlowModes& modes,
                   const Eigen::MatrixXd& covariance, SlowSystem& system, Iteration& iteration,
                   SlabState& state) {
  const double step_A = system.grid.step_px * level.slab.stack.full_pixel_A;
  if (!is_doming_seen(modes, covariance, step_A)) return;
  SlabState bent = state;
  const auto q = go_on(level, modes, {4, 0.5}, system, iteration, bent, [](int) {});
  if (q && is_doming(modes, *q, covariance) &&
      mean_agreement(level, bent) > least_share * mean_agreement(level, state))
    state = std::move(bent);
}

}  // namespace

std::optional<SlowErrors> remove_slow_errors(const Stack& stack, const SlabOptions& options,
                                             SlabState& state) {
  constexpr std::size_t fewest_tilts = 8;
  if (state.tilts.size() < fewest_tilts) return {};
  constexpr int rounds = 12, turns = 3;
  const double step_px = slow_step_px(stack, options.is_start, state);
  SlabState moved = state;
  approach(stack, step_px, moved);
  auto volume = slow_volume(stack, moved, step_px);
  if (!volume) return {};
  auto& [level, system, slab_variance] = *volume;
  Iteration iteration(system, slab_variance);
  if (!follow(level, system, iteration, rounds, options.axis_range_deg > 0.0 ? turns : 0, moved))
    return {};
  const SlowModes modes = slow_modes(stack, state, system.grid, by_strengths);
  const Eigen::MatrixXd open = left_open(modes, system), motions = step_px * mean_motions(modes);
  SlowErrors errors;
  errors.covariance = motions * open * motions.transpose();
  errors.modes = modes.across / std::sqrt(static_cast<double>(modes.across.rows()));
  if (mean_agreement(level, moved) < least_share * mean_agreement(level, state)) {
    const Eigen::VectorXd apart = shifts_across(moved) - shifts_across(state);
    const Eigen::VectorXd slow = errors.modes * (errors.modes.transpose() * apart);
    errors.covariance += slow * slow.transpose();
  } else {
    state = std::move(moved);
    if (options.follows_doming) follow_doming(level, modes, open, system, iteration, state);
  }
  return errors;
}

void settle_along_axis(const SlabLevel& level, SlabState& state) {
  constexpr int steps = 2;
  const Eigen::VectorXd before = shifts_across(state);
  refine(level, state, steps, false);
  move_across(before - shifts_across(state), state);
}

}  // namespace gimbal::tilt
