// SPDX-License-Identifier: GPL-3.0-or-later
// Errors that change slowly with the tilt angle. Neighbouring tilts agree whatever they are, and in
// the slab model distant tilts share too little to show them. A strong object is seen by all tilts:
// with a coarse volume whose own local strengths are its prior, and volume and motions solved
// together, the data show these errors. Strengths and volume are refined in turns, with momentum.
#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"
#include "gimbal/tilt/slab_search.h"
#include "gimbal/tilt/slow_system.h"

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

constexpr double step_A = 25.0;
constexpr double finest_steps = 2.3, coarsest_steps = 16.0;  // resolution, in steps
// Voxels times tilts: more for the last word than for another method's start.
constexpr double most_voxel_views = 200e6, most_for_start = 45e6;

// Pictures of the tilts turned and shifted, not stretched, at the scale of the volume.
struct SlowLevel {
  SlabLevel slab;
  std::vector<double> share;  // of the signal in the power, by ring
};

// Steps along a side of the pictures: whole blocks, a tenth wider than the field.
int picture_side(const Stack& stack, double step_px) {
  constexpr int lanes = VolumeGrid::lanes;
  const double field_px = 1.1 * std::max(stack.full_size.nx, stack.full_size.ny);
  return static_cast<int>(std::ceil(field_px / step_px / lanes)) * lanes;
}

SlowLevel slow_level(const Stack& stack, const SlabState& state, double step_px) {
  SlowLevel level;
  const double full_A = stack.full_pixel_A;
  level.slab = slab_level(stack, 2.6 * step_px * full_A);
  level.slab.grid.step_px = step_px;
  level.slab.grid.n = picture_side(stack, step_px);
  level.slab.band.lowest = std::max(level.slab.band.lowest, 1.0 / (coarsest_steps * step_px));
  level.slab.band.highest = 1.0 / (finest_steps * step_px);
  const auto spectra =
      slab_spectra(level.slab.stack, state.projections, state.tilts, level.slab.grid);
  level.share = measured_signal(spectra, state.thickness_px, level.slab.band).share;
  return level;
}

// The part of a ring's power that is signal; 0 outside the band.
double share_of(const SlowLevel& level, int ring) {
  const double k = ring / level.slab.grid.period_px();
  if (ring < 0 || k < level.slab.band.lowest || k > level.slab.band.highest) return 0.0;
  return std::min(0.9, level.share[static_cast<std::size_t>(ring)]);
}

Projection turned_and_shifted(const Projection& projection) {
  Projection flat;
  flat.z_rot_deg = projection.z_rot_deg;
  flat.shift_px = projection.shift_px;
  return flat;
}

// Weighted to the signal; of each tilt of the state.
std::vector<Image<float>> pictures_of(const SlowLevel& level, const SlabState& state) {
  std::vector<Projection> flat;
  for (const Projection& p : state.projections) flat.push_back(turned_and_shifted(p));
  auto spectra = slab_spectra(level.slab.stack, flat, state.tilts, level.slab.grid);
  const int n = level.slab.grid.n;
  const Fft2d fft({n, n});
  std::vector<Image<float>> pictures(state.tilts.size());
  parallel_for(spectra.count(), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    for (int row = 0; row < n; ++row)
      for (int kx = 0; kx <= n / 2; ++kx)
        spectra.values[at](kx, row) *=
            static_cast<float>(std::sqrt(share_of(level, spectra.ring(at, kx, row))) / n);
    pictures[at] = Image<float>(n, n);
    fft.backward(spectra.values[at], pictures[at]);
  });
  return pictures;
}

// Mean squares of signal and noise in such pictures.
struct Variances {
  double signal = 0.0, noise = 0.0;
};
Variances variances_of(const SlowLevel& level) {
  Variances v;
  const int n = level.slab.grid.n;
  const auto rings =
      rings_of(PlaneView(Projection{}), level.slab.grid, 0.5 / level.slab.stack.binning);
  for (int row = 0; row < n; ++row)
    for (int kx = 0; kx <= n / 2; ++kx) {
      const double share = share_of(level, rings(kx, row));
      const double both = (kx == 0 || 2 * kx == n ? 1.0 : 2.0) / (static_cast<double>(n) * n);
      v.signal += both * share * share;
      v.noise += both * share * (1.0 - share);
    }
  return v;
}

VolumeGrid volume_grid(const Stack& stack, const SlabState& state, double step_px) {
  VolumeGrid grid;
  grid.step_px = step_px;
  const Size2 size = stack.full_size;
  const double field_px = std::max(size.nx, size.ny);
  double slope = 0.0;
  for (const int t : state.tilts) {
    const auto& p = state.projections[static_cast<std::size_t>(t)];
    grid.cosines.push_back(std::cos(rad_from_deg(p.y_tilt_deg)));
    grid.sines.push_back(std::sin(rad_from_deg(p.y_tilt_deg)));
    slope = std::max(slope, std::abs(std::tan(rad_from_deg(p.x_tilt_deg))));
  }
  constexpr double wider = 1.4, thicker = 1.2;
  grid.nx = static_cast<int>(wider * field_px / step_px);
  grid.nz = static_cast<int>((thicker * state.thickness_px + slope * field_px) / step_px) + 1;
  grid.n = picture_side(stack, step_px);
  return grid;
}

// Functions of the tilt angle that no motion of the specimen explains, of rms 1.
SlowModes slow_modes(const SlabState& state, const VolumeGrid& grid, double full_A) {
  const int n = grid.n_tilts(), count = std::min(6, n / 4);
  double low = 1e300, high = -1e300;
  const auto angle = [&](int i) {
    return state.projections[static_cast<std::size_t>(state.tilts[static_cast<std::size_t>(i)])]
        .y_tilt_deg;
  };
  for (int i = 0; i < n; ++i) low = std::min(low, angle(i)), high = std::max(high, angle(i));
  Eigen::MatrixXd basis(n, 2 + count);
  for (int i = 0; i < n; ++i) {
    basis(i, 0) = grid.cosines[static_cast<std::size_t>(i)];
    basis(i, 1) = grid.sines[static_cast<std::size_t>(i)];
    const double x = std::clamp(2.0 * (angle(i) - low) / (high - low) - 1.0, -1.0, 1.0);
    for (int k = 0; k < count; ++k)
      basis(i, 2 + k) = std::cos((k + 2) * std::acos(x));  // Chebyshev
  }
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(basis).householderQ() *
                            Eigen::MatrixXd::Identity(n, 2 + count);
  SlowModes modes;
  modes.across = q.rightCols(count) * std::sqrt(static_cast<double>(n));
  constexpr double expected_A = 10.0;
  modes.precision =
      Eigen::VectorXd::Constant(count, std::pow(grid.step_px * full_A / expected_A, 2));
  return modes;
}

// Where the rays of a picture cross the volume and not its ends: 1, falling to 0.
float crossing(const VolumeGrid& grid, std::size_t tilt, int column) {
  const double reach =
      0.5 * grid.nx * grid.cosines[tilt] - 0.4 * grid.nz * std::abs(grid.sines[tilt]);
  const double inside = reach - std::abs(column - grid.n / 2), width = 0.06 * grid.n;
  if (inside <= 0.0) return 0.0F;
  if (inside >= width) return 1.0F;
  return static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * inside / width));
}

void set_pictures(const SlowLevel& level, const SlabState& state, SlowSystem& system) {
  const auto pictures = pictures_of(level, state);
  constexpr int lanes = VolumeGrid::lanes;
  parallel_for(system.grid.n_tilts(), [&](int t) {
    const auto tilt = static_cast<std::size_t>(t);
    const auto window = comparison_window(
        level.slab.stack,
        turned_and_shifted(state.projections[static_cast<std::size_t>(state.tilts[tilt])]),
        level.slab.grid);
    for (int x = 0; x < system.grid.n; ++x) {
      const float share = crossing(system.grid, tilt, x);
      for (int y = 0; y < system.grid.n; ++y) {
        VolumeBlock& block = system.blocks[static_cast<std::size_t>(y / lanes)];
        const auto at = system.grid.picture_index(tilt, x, y);
        block.pictures[at] = pictures[tilt](x, y);
        block.weights[at] = share * window(x, y);
      }
    }
  });
}

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

void move(const SlowModes& modes, const Eigen::VectorXd& q, double step_px, SlabState& state) {
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    auto& p = state.projections[static_cast<std::size_t>(state.tilts[i])];
    const double x = step_px * modes.across.row(static_cast<Eigen::Index>(i)).dot(q),
                 turn = rad_from_deg(p.z_rot_deg);
    p.shift_px = p.shift_px + Vec2{std::cos(turn) * x, std::sin(turn) * x};
  }
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

// With the shifts as they are.
void turn_axis(const SlowLevel& level, SlowSystem& system, AxisSearch& axis, SlabState& state) {
  constexpr int iterations = 12;
  const auto tilts = static_cast<Eigen::Index>(state.tilts.size());
  solve_slow(system, {Eigen::MatrixXd(tilts, 0), Eigen::VectorXd(0)}, iterations);
  const double turn_deg = deg_from_rad(axis.next_turn(turning_slope(system)));
  for (const int t : state.tilts)
    state.projections[static_cast<std::size_t>(t)].z_rot_deg += turn_deg;
  set_pictures(level, state, system);
}

// False: it did not come to an end.
bool follow(const SlowLevel& level, const SlowModes& modes, SlowSystem& system,
            Iteration& iteration, bool finds_axis, SlabState& state) {
  constexpr int first = 15, second = 10, each = 15, turns = 3, rounds_each = 3;
  set_pictures(level, state, system);
  solve_slow(system, modes, first);  // slopes are 0: the volume alone
  iteration.strengthen();
  solve_slow(system, modes, second);
  constexpr double momentum = 0.8;
  Eigen::VectorXd last = Eigen::VectorXd::Zero(modes.precision.size());
  AxisSearch axis;
  for (int round = 0; round < turns * rounds_each; ++round) {
    set_slopes(system);
    Eigen::VectorXd q = solve_slow(system, modes, each);
    if (round > 0) {
      iteration.add_momentum(static_cast<float>(momentum));
      q += momentum * last;
    }
    if (!q.allFinite()) return false;
    last = q;
    move(modes, q, system.grid.step_px, state);
    set_pictures(level, state, system);
    iteration.strengthen();
    if (finds_axis && round % rounds_each == rounds_each - 1) turn_axis(level, system, axis, state);
  }
  return true;
}

double slow_step_px(const Stack& stack, bool is_start, const SlabState& state) {
  double step_px = std::max(step_A / stack.full_pixel_A, static_cast<double>(stack.binning));
  const VolumeGrid grid = volume_grid(stack, state, step_px);
  const double views = static_cast<double>(grid.nx) * grid.nz * grid.n * grid.n_tilts();
  return step_px * std::cbrt(std::max(1.0, views / (is_start ? most_for_start : most_voxel_views)));
}

}  // namespace

void remove_slow_errors(const Stack& stack, const SlabOptions& options, SlabState& state) {
  constexpr std::size_t fewest_tilts = 8;
  if (state.tilts.size() < fewest_tilts) return;
  const double step_px = slow_step_px(stack, options.is_start, state);
  const SlowLevel level = slow_level(stack, state, step_px);
  const VolumeGrid grid = volume_grid(stack, state, step_px);
  const Variances variances = variances_of(level);
  if (!(variances.signal > 0.0) || !(variances.noise > 0.0)) return;
  const double slab_variance = variances.signal / grid.nz;
  SlowSystem system = slow_system(grid, variances.noise, slab_variance);
  const SlowModes modes = slow_modes(state, grid, stack.full_pixel_A);
  Iteration iteration(system, slab_variance);
  SlabState moved = state;
  if (!follow(level, modes, system, iteration, options.axis_range_deg > 0.0, moved)) return;
  constexpr double least_share = 0.97;  // slow errors of 30 A cost 1 % of the agreement
  if (mean_agreement(level, moved) < least_share * mean_agreement(level, state)) return;
  state = std::move(moved);
}

}  // namespace gimbal::tilt
