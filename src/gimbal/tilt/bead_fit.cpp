// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_fit.h"

#include "gimbal/num/linear.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal::tilt {
namespace {

// Measured: px of error, per px of diameter and square of the overlap as a part of it.
constexpr double overlap_error = 0.035;

struct Box {
  int x0, y0, x1, y1;  // x1 and y1 are beyond
};

Box box_around(Vec2 p, double reach, Size2 size) {
  return {std::max(0, static_cast<int>(std::ceil(p.x - reach))),
          std::max(0, static_cast<int>(std::ceil(p.y - reach))),
          std::min(size.nx, static_cast<int>(std::floor(p.x + reach)) + 1),
          std::min(size.ny, static_cast<int>(std::floor(p.y + reach)) + 1)};
}

double model(const BeadProfile& profile, const BeadFit& bead, double dx, double dy) {
  const double r = std::sqrt(dx * dx + dy * dy);
  if (r >= profile.reach_px()) return 0.0;
  const auto s = profile.at(r);
  return bead.amplitude * (s.value + bead.stretch * s.stretch);
}

// Sets of beads that have to be fitted together: chains of distances below `limit`.
std::vector<std::vector<int>> groups_of(const std::vector<Vec2>& at, double limit) {
  std::vector<int> root(at.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&](int i) {
    while (root[static_cast<std::size_t>(i)] != i) i = root[static_cast<std::size_t>(i)];
    return i;
  };
  for (std::size_t i = 0; i < at.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (length(at[i] - at[j]) < limit) {
        const int a = find(static_cast<int>(i)), b = find(static_cast<int>(j));
        root[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
      }
  std::vector<std::vector<int>> groups(at.size());
  for (std::size_t i = 0; i < at.size(); ++i)
    groups[static_cast<std::size_t>(find(static_cast<int>(i)))].push_back(static_cast<int>(i));
  std::erase_if(groups, [](const auto& group) { return group.empty(); });
  return groups;
}

// The image minus all beads; fits of one group put their own beads back for a while.
class Fitter {
 public:
  Fitter(View<const float> white, const BeadProfile& profile, const BeadFitOptions& options)
      : white_(white), profile_(profile), options_(options) {}

  std::vector<BeadFit> run(const std::vector<Vec2>& starts) {
    starts_ = starts;
    beads_.assign(starts.size(), {});
    for (std::size_t i = 0; i < starts.size(); ++i) {
      beads_[i].position_px = starts[i];
      for (std::size_t j = 0; j < starts.size(); ++j)
        if (i != j)
          beads_[i].crowding = std::min(beads_[i].crowding, length(starts[i] - starts[j]));
    }
    const auto groups = groups_of(starts, 1.35 * profile_.diameter_px());
    bool crowded = false;
    for (const auto& bead : beads_) crowded |= bead.crowding < 2.0 * profile_.reach_px();
    // Neighbours of other groups reach into a window: their models are taken away in turn.
    for (int sweep = 0; sweep < (crowded ? 3 : 1); ++sweep)
      for (const auto& group : groups)
        if (sweep == 0 || near_others(group)) fit_group(group, sweep == 0 ? 6 : 3);
    return std::move(beads_);
  }

 private:
  bool near_others(const std::vector<int>& group) const {
    return std::any_of(group.begin(), group.end(), [&](int i) {
      return beads_[static_cast<std::size_t>(i)].crowding < 2.0 * profile_.reach_px();
    });
  }

  struct Pixel {
    int x, y;
    double value;
  };

  // Pixels within reach of a bead of the group, without the beads of other groups.
  std::vector<Pixel> pixels_of(const std::vector<int>& group) const {
    const double reach = profile_.reach_px();
    std::vector<Pixel> pixels;
    for (std::size_t g = 0; g < group.size(); ++g) {
      const Vec2 p = start_of(group[g]);
      const Box box = box_around(p, reach, white_.size());
      for (int y = box.y0; y < box.y1; ++y)
        for (int x = box.x0; x < box.x1; ++x) {
          if (std::hypot(x - p.x, y - p.y) >= reach) continue;
          bool taken = false;
          for (std::size_t h = 0; h < g && !taken; ++h) {
            const Vec2 q = start_of(group[h]);
            taken = std::hypot(x - q.x, y - q.y) < reach;
          }
          if (!taken) pixels.push_back({x, y, static_cast<double>(white_(x, y))});
        }
    }
    subtract_others(group, pixels);
    return pixels;
  }

  void subtract_others(const std::vector<int>& group, std::vector<Pixel>& pixels) const {
    const double reach = profile_.reach_px();
    for (std::size_t i = 0; i < beads_.size(); ++i) {
      const BeadFit& other = beads_[i];
      if (other.amplitude == 0.0) continue;
      if (std::find(group.begin(), group.end(), static_cast<int>(i)) != group.end()) continue;
      const bool near = std::any_of(group.begin(), group.end(), [&](int g) {
        return length(start_of(g) - other.position_px) < 2.0 * reach;
      });
      if (!near) continue;
      for (Pixel& pixel : pixels)
        pixel.value -=
            model(profile_, other, pixel.x - other.position_px.x, pixel.y - other.position_px.y);
    }
  }

  Vec2 start_of(int i) const { return starts_[static_cast<std::size_t>(i)]; }

  struct System {
    Eigen::MatrixXd matrix;
    Eigen::VectorXd right;
    double squares = 0.0;
  };

  // Unknowns: per bead x, y, amplitude, amplitude * stretch; then the plane about `centre`.
  System build(const std::vector<int>& group, const std::vector<Pixel>& pixels,
               const Eigen::Vector3d& plane, Vec2 centre) const {
    System system = group.size() == 1 ? sums<7>(group, pixels, plane, centre)
                                      : sums<Eigen::Dynamic>(group, pixels, plane, centre);
    add_priors(group, system);
    return system;
  }

  // N: the number of unknowns, where it is known beforehand: most beads stand alone.
  template <int N>
  System sums(const std::vector<int>& group, const std::vector<Pixel>& pixels,
              const Eigen::Vector3d& plane, Vec2 centre) const {
    const auto n = static_cast<Eigen::Index>(4 * group.size() + 3);
    Eigen::Matrix<double, N, N> matrix = Eigen::Matrix<double, N, N>::Zero(n, n);
    Eigen::Matrix<double, N, 1> right = Eigen::Matrix<double, N, 1>::Zero(n), row(n);
    double squares = 0.0;
    const double reach = profile_.reach_px();
    for (const Pixel& pixel : pixels) {
      row.setZero();
      const double u = pixel.x - centre.x, v = pixel.y - centre.y;
      double residual = pixel.value - plane(0) - plane(1) * u - plane(2) * v;
      for (std::size_t g = 0; g < group.size(); ++g) {
        const BeadFit& bead = beads_[static_cast<std::size_t>(group[g])];
        const double dx = pixel.x - bead.position_px.x, dy = pixel.y - bead.position_px.y;
        const double r = std::sqrt(dx * dx + dy * dy);
        if (r >= reach) continue;
        const auto s = profile_.at(r);
        const auto at = static_cast<Eigen::Index>(4 * g);
        const double slope =
            bead.amplitude * (s.slope + bead.stretch * s.stretch_slope) / std::max(r, 1e-6);
        row(at) = -slope * dx;
        row(at + 1) = -slope * dy;
        row(at + 2) = s.value;
        row(at + 3) = s.stretch;
        residual -= bead.amplitude * (s.value + bead.stretch * s.stretch);
      }
      row(n - 3) = 1.0;
      row(n - 2) = u;
      row(n - 1) = v;
      matrix.noalias() += row * row.transpose();
      right += residual * row;
      squares += residual * residual;
    }
    return {matrix, right, squares};
  }

  void add_priors(const std::vector<int>& group, System& system) const {
    const Eigen::Index n = system.matrix.rows();
    if (!options_.fit_stretch)
      for (Eigen::Index i = 3; i < n - 3; i += 4) hold(system, i, 1e12);
    else  // sizes differ by some per cent
      for (std::size_t g = 0; g < group.size(); ++g) {
        const double a = beads_[static_cast<std::size_t>(group[g])].amplitude;
        const double b = a * beads_[static_cast<std::size_t>(group[g])].stretch;
        const auto i = static_cast<Eigen::Index>(4 * g + 3);
        const double weight = 1.0 / std::max(1e-12, std::pow(0.07 * a, 2));
        system.matrix(i, i) += weight;
        system.right(i) -= weight * b;
      }
  }
  static void hold(System& system, Eigen::Index i, double weight) {
    system.matrix(i, i) += weight;
    system.right(i) = 0.0;
  }

  void fit_group(const std::vector<int>& group, int max_steps) {
    const auto pixels = pixels_of(group);
    Vec2 centre;
    for (int i : group) centre = centre + (1.0 / static_cast<double>(group.size())) * start_of(i);
    const auto n = static_cast<Eigen::Index>(4 * group.size() + 3);
    if (static_cast<Eigen::Index>(pixels.size()) < n + 10) return;
    Eigen::Vector3d plane = plane_of(group, centre);
    for (int i : group) beads_[static_cast<std::size_t>(i)].ok = true;
    for (int step = 0; step < max_steps; ++step) {
      const System system = build(group, pixels, plane, centre);
      const Eigen::VectorXd change = solve(system);
      plane += change.tail<3>();
      double largest = 0.0;
      for (std::size_t g = 0; g < group.size(); ++g)
        largest =
            std::max(largest, move(group[g], change.segment<4>(static_cast<Eigen::Index>(4 * g))));
      if (step > 0 && largest < 0.02) break;  // the next one would be its square
    }
    finish(group, pixels, plane, centre);
  }

  Eigen::Vector3d plane_of(const std::vector<int>& group, Vec2 centre) const {
    const BeadFit& bead = beads_[static_cast<std::size_t>(group.front())];
    const Vec2 d = centre - bead.position_px;
    return {bead.background + bead.slope.x * d.x + bead.slope.y * d.y, bead.slope.x, bead.slope.y};
  }

  static Eigen::VectorXd solve(const System& system) {
    Eigen::MatrixXd damped = system.matrix;
    damped.diagonal().array() += 1e-9 * damped.trace() / static_cast<double>(damped.rows()) + 1e-12;
    return solve_symmetric(damped, system.right);
  }

  double move(int i, const Eigen::Vector4d& change) {
    BeadFit& bead = beads_[static_cast<std::size_t>(i)];
    const bool first = bead.amplitude == 0.0;
    double a = bead.amplitude + change(2);
    double b = bead.amplitude * bead.stretch + change(3);
    if (first) b = 0.0;
    const Vec2 step{first ? 0.0 : std::clamp(change(0), -1.5, 1.5),
                    first ? 0.0 : std::clamp(change(1), -1.5, 1.5)};
    bead.position_px = bead.position_px + step;
    bead.amplitude = a;
    bead.stretch = a != 0.0 ? std::clamp(b / a, -0.25, 0.25) : 0.0;
    const Vec2 off = bead.position_px - start_of(i);
    if (!(length(off) < options_.max_move_px)) {  // NaN, too
      bead.position_px = start_of(i);
      bead.amplitude = 0.0;
      bead.stretch = 0.0;
      bead.ok = false;
    }
    return first ? 1.0 : length(step);
  }

  void finish(const std::vector<int>& group, const std::vector<Pixel>& pixels,
              const Eigen::Vector3d& plane, Vec2 centre) {
    const System system = build(group, pixels, plane, centre);
    const auto n = system.matrix.rows();
    Eigen::MatrixXd damped = system.matrix;
    damped.diagonal().array() += 1e-9 * damped.trace() / static_cast<double>(n) + 1e-12;
    const Eigen::MatrixXd inverse = inverse_of_symmetric(damped);
    const double chi2 =
        system.squares / std::max(1.0, static_cast<double>(pixels.size()) - static_cast<double>(n));
    const double window = std::numbers::pi * std::pow(profile_.reach_px(), 2);
    for (std::size_t g = 0; g < group.size(); ++g) {
      BeadFit& bead = beads_[static_cast<std::size_t>(group[g])];
      const auto at = static_cast<Eigen::Index>(4 * g);
      const double variance = 0.5 * (inverse(at, at) + inverse(at + 1, at + 1));
      bead.chi2 = chi2;
      // Images that overlap multiply, but the model adds them: an error that shot noise cannot
      // tell.
      const double overlap = std::max(0.0, 1.2 - bead.crowding / profile_.diameter_px());
      bead.sigma_px =
          std::sqrt(std::max(variance, 0.0) * std::max(1.0, chi2) +
                    std::pow(overlap_error * profile_.diameter_px() * overlap * overlap, 2));
      const Vec2 d = bead.position_px - centre;
      bead.background = plane(0) + plane(1) * d.x + plane(2) * d.y;
      bead.slope = {plane(1), plane(2)};
      const double signal = bead.amplitude * bead.amplitude;
      bead.agreement = signal / (signal + std::max(0.0, chi2) * window);
      const Vec2 p = bead.position_px;
      const double margin = -0.05 * profile_.diameter_px();
      const bool inside = p.x > margin && p.y > margin && p.x < white_.nx() - 1 - margin &&
                          p.y < white_.ny() - 1 - margin;
      bead.ok = bead.ok && inside && bead.amplitude > 0.0 && std::isfinite(bead.sigma_px);
    }
  }

  View<const float> white_;
  const BeadProfile& profile_;
  const BeadFitOptions& options_;
  std::vector<Vec2> starts_;
  std::vector<BeadFit> beads_;
};

}  // namespace

std::vector<BeadFit> fit_beads(View<const float> white, const BeadProfile& profile,
                               const std::vector<Vec2>& starts, const BeadFitOptions& options) {
  return Fitter(white, profile, options).run(starts);
}

void subtract_beads(View<float> white, const BeadProfile& profile,
                    const std::vector<BeadFit>& beads) {
  for (const BeadFit& bead : beads) {
    const Box box = box_around(bead.position_px, profile.reach_px(), white.size());
    for (int y = box.y0; y < box.y1; ++y)
      for (int x = box.x0; x < box.x1; ++x)
        white(x, y) -= static_cast<float>(
            model(profile, bead, x - bead.position_px.x, y - bead.position_px.y));
  }
}

}  // namespace gimbal::tilt
