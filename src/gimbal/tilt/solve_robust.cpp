// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/core/median.h"
#include "gimbal/tilt/solve_steps.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr double full_weight_sigmas = 3.0, no_weight_sigmas = 6.0;
constexpr double tilt_noise_strength = 20.0;  // a tilt's own noise counts for less than so many
constexpr double max_tilt_noise = 4.0;        // noisier tilts lose their observations as outliers
constexpr double student_freedom = 4.0;       // of the priors of tilts

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

// Whitened.
std::vector<Vec2> residuals_of(const Bundle& bundle) {
  const Layout layout = layout_of(bundle);
  std::vector<TiltView> views;
  for (const BundleTilt& tilt : bundle.tilts) views.push_back(view_of(bundle, tilt));
  std::vector<Vec2> residuals;
  for (const BundleObservation& o : bundle.observations)
    residuals.push_back(bundle.whitening.whitened(
        o.position_px - predict(bundle, layout, views[at(o.tilt)],
                                bundle.points[at(o.point)].position_px, nullptr)));
  return residuals;
}

// Part of the data that is used up by the points, and by the unknowns of each tilt.
struct Used {
  double by_points = 0.0;
  std::vector<double> by_tilt;
};

Used used_freedom(const Bundle& bundle, const Normal& n, const Eigen::MatrixXd& covariance) {
  Used used;
  used.by_points = 3.0 * static_cast<double>(bundle.points.size()) - 3.0;
  for (int t = 0; t < n.layout.n_tilts; ++t) {
    double sum = 2.0;
    for (std::size_t k = 0; k < n_own; ++k)
      if (n.layout.own[k] >= 0) {
        const int place = t * n.layout.per_tilt + n.layout.own[k];
        const double sigma = bundle.model.own_sigma_px[k];
        sum += std::max(
            0.0, 1.0 - covariance(place, place) * bundle.prior_weight[at(t)][k] / (sigma * sigma));
      }
    used.by_tilt.push_back(sum);
  }
  return used;
}

void update_noise(Bundle& bundle, const Normal& n, const Used& used) {
  const std::size_t n_tilts = bundle.tilts.size();
  std::vector<double> squares(n_tilts, 0.0), data(n_tilts, 0.0), freedom(n_tilts, 0.0);
  double all = 0.0;
  for (std::size_t i = 0; i < bundle.observations.size(); ++i) {
    const BundleObservation& o = bundle.observations[i];
    const double r = length(n.residuals[i]) / o.sigma_px;
    squares[at(o.tilt)] += o.weight * r * r;
    data[at(o.tilt)] += 2.0 * o.weight;
    all += 2.0 * o.weight;
  }
  const double rest = std::max(0.05, 1.0 - used.by_points / std::max(1.0, all));
  double sum = 0.0, sum_freedom = -n.layout.n_common;
  for (std::size_t t = 0; t < n_tilts; ++t) {
    freedom[t] = std::max(0.0, data[t] * rest - used.by_tilt[t]);
    sum += squares[t] / (bundle.tilt_noise[t] * bundle.tilt_noise[t]);
    sum_freedom += data[t] * rest - used.by_tilt[t];
  }
  // Without redundancy the sigmas are believed.
  constexpr double belief = 2.0;
  sum_freedom = std::max(0.0, sum_freedom);
  const double variance = (sum + belief) / (sum_freedom + belief);
  bundle.noise = std::sqrt(std::max(1e-12, variance));
  for (std::size_t t = 0; t < n_tilts; ++t)
    bundle.tilt_noise[t] =
        std::min(max_tilt_noise, std::sqrt((tilt_noise_strength + squares[t] / variance) /
                                           (tilt_noise_strength + freedom[t])));
}

// How far errors along and across the axis differ, by the residuals in both directions. Points use
// up twice as much of what is seen across the axis; shifts and rotations, tilt angles, and
// magnifications that of both alike, and are left out.
void update_whitening(Bundle& bundle, const Normal& n) {
  constexpr double belief = 20.0, least = 0.1;
  Whitening& w = bundle.whitening;
  const Vec2 a = w.direction_along(), c = w.direction_across();
  double along = 0.0, across = 0.0, data = 0.0;
  for (std::size_t i = 0; i < bundle.observations.size(); ++i) {
    const BundleObservation& o = bundle.observations[i];
    const double weight = o.weight / std::pow(bundle.sigma(o), 2);
    const Vec2 r = n.residuals[i];
    along += weight * std::pow(r.x * a.x + r.y * a.y, 2);
    across += weight * std::pow(r.x * c.x + r.y * c.y, 2);
    data += o.weight;
  }
  const auto points = static_cast<double>(bundle.points.size()),
             tilts = static_cast<double>(bundle.tilts.size());
  const double free_along = std::max(0.0, data - points - tilts),
               free_across = std::max(0.0, data - 2.0 * points - tilts);
  const double now =
      (along + belief) / (free_along + belief) / ((across + belief) / (free_across + belief));
  w.ratio = std::clamp(w.ratio * std::sqrt(now), least, 1.0 / least);
  w.axis_rad = bundle.rotation_rad;
}

// Width of a prior by the evidence: what the values are, over what the data say of them. What is
// usual counts like two values, so that few tilts do not make it vanish.
double evident_sigma(double squares, double determined, double usual) {
  constexpr double strength = 2.0;
  return std::sqrt((squares + strength * usual * usual) / (determined + strength));
}

void update_tilt_priors(Bundle& bundle, const Normal& n, const Eigen::MatrixXd& covariance) {
  const double r = bundle.radius_px;
  // 0.05 degrees, 0.03 %, 0.05 degrees.
  const std::array<double, n_own> usual{rad_from_deg(0.05) * r, 3e-4 * r, rad_from_deg(0.05) * r};
  for (std::size_t k = 0; k < n_own; ++k) {
    if (n.layout.own[k] < 0) continue;
    double& sigma = bundle.model.own_sigma_px[k];
    double squares = 0.0, determined = 0.0;
    for (int t = 0; t < n.layout.n_tilts; ++t) {
      const int place = t * n.layout.per_tilt + n.layout.own[k];
      const double value = bundle.tilts[at(t)].own[k], variance = covariance(place, place);
      double& weight = bundle.prior_weight[at(t)][k];
      squares += weight * value * value;
      determined += std::max(0.0, 1.0 - weight * variance / (sigma * sigma));
      weight = (student_freedom + 1.0) /
               (student_freedom + (value * value + variance) / (sigma * sigma));
    }
    sigma = evident_sigma(squares, determined, usual[k]);
  }
}

void update_deformation_priors(Bundle& bundle, const Normal& n, const Eigen::MatrixXd& covariance) {
  const Layout& l = n.layout;
  for (bool is_doming : {false, true}) {
    double squares = 0.0, determined = 0.0;
    double& sigma = is_doming ? bundle.model.doming_sigma_px : bundle.model.in_plane_sigma_px;
    for (int k = 0; k < l.n_coefficients; ++k) {
      const int which = l.first_coefficient + k, place = l.common() + l.deformation + k;
      if ((which >= 12) != is_doming) continue;
      squares += std::pow(bundle.deformation[at(which)], 2);
      determined += std::max(0.0, 1.0 - covariance(place, place) / (sigma * sigma));
    }
    sigma = evident_sigma(squares, determined, 1.0);
  }
}

// Keeps the tilts and points that are wanted, and the observations of both.
void keep_only(Bundle& bundle, const std::vector<bool>& tilts, const std::vector<bool>& points) {
  std::vector<int> place(tilts.size(), -1);
  Bundle kept = bundle;
  kept.tilts.clear();
  kept.tilt_noise.clear();
  kept.prior_weight.clear();
  kept.points.clear();
  kept.observations.clear();
  for (std::size_t t = 0; t < tilts.size(); ++t)
    if (tilts[t]) {
      place[t] = static_cast<int>(kept.tilts.size());
      kept.tilts.push_back(bundle.tilts[t]);
      kept.tilt_noise.push_back(bundle.tilt_noise[t]);
      kept.prior_weight.push_back(bundle.prior_weight[t]);
    }
  for (std::size_t p = 0; p < points.size(); ++p) {
    if (!points[p]) continue;
    BundlePoint point = bundle.points[p];
    const int begin = static_cast<int>(kept.observations.size());
    for (int i = point.begin; i < point.end; ++i) {
      BundleObservation o = bundle.observations[at(i)];
      if (place[at(o.tilt)] < 0) continue;
      o.tilt = place[at(o.tilt)];
      o.point = static_cast<int>(kept.points.size());
      kept.observations.push_back(o);
    }
    point.begin = begin;
    point.end = static_cast<int>(kept.observations.size());
    kept.points.push_back(point);
  }
  bundle = std::move(kept);
}

}  // namespace

void reweight_roughly(Bundle& bundle) {
  const auto residuals = residuals_of(bundle);
  std::vector<std::vector<double>> by_tilt(bundle.tilts.size());
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    const BundleObservation& o = bundle.observations[i];
    by_tilt[at(o.tilt)].push_back(length(residuals[i]) / o.sigma_px);
  }
  constexpr double rayleigh_median = 1.1774;
  std::vector<double> scale;
  for (const auto& sizes : by_tilt) scale.push_back(median(sizes) / rayleigh_median);
  bundle.noise = std::max(1e-6, median(scale));
  for (std::size_t t = 0; t < scale.size(); ++t)
    bundle.tilt_noise[t] = std::max(1.0, scale[t] / bundle.noise);
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    BundleObservation& o = bundle.observations[i];
    const double r = length(residuals[i]) / bundle.sigma(o) / 2.0;
    o.weight = 1.0 / (1.0 + r * r);
  }
}

void update_scales(Bundle& bundle, const Normal& normal, const Eigen::MatrixXd& covariance) {
  if (bundle.finds_whitening) update_whitening(bundle, normal);
  update_noise(bundle, normal, used_freedom(bundle, normal, covariance));
  update_tilt_priors(bundle, normal, covariance);
  if (normal.layout.deformation >= 0) update_deformation_priors(bundle, normal, covariance);
}

void reweight(Bundle& bundle) {
  const auto residuals = residuals_of(bundle);
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    BundleObservation& o = bundle.observations[i];
    const double r = length(residuals[i]) / bundle.sigma(o);
    const double u =
        std::clamp((r - full_weight_sigmas) / (no_weight_sigmas - full_weight_sigmas), 0.0, 1.0);
    o.weight = (1.0 - u * u) * (1.0 - u * u);
  }
}

bool drop_bad(SolveState& state) {
  Bundle& bundle = state.bundle;
  std::vector<bool> tilts(bundle.tilts.size(), true), points(bundle.points.size(), true);
  std::vector<int> good(tilts.size(), 0), all(tilts.size(), 0);
  for (const BundleObservation& o : bundle.observations) {
    ++all[at(o.tilt)];
    good[at(o.tilt)] += o.weight > 0.3;
  }
  bool any = false;
  for (std::size_t t = 0; t < tilts.size(); ++t)
    if (2 * good[t] < all[t]) {
      tilts[t] = false;
      any = true;
      state.dropped.push_back({bundle.tilts[t].index,
                               fmt::format("{} of its {} observations do not agree with the other "
                                           "tilts",
                                           all[t] - good[t], all[t])});
    }
  for (std::size_t p = 0; p < points.size(); ++p) {
    int n_good = 0, n_all = 0;
    for (int i = bundle.points[p].begin; i < bundle.points[p].end; ++i)
      if (tilts[at(bundle.observations[at(i)].tilt)]) {
        ++n_all;
        n_good += bundle.observations[at(i)].weight > 0.3;
      }
    if (n_good >= 2 && 2 * n_good >= n_all) continue;
    points[p] = false;
    any = true;
    ++state.n_tracks_dropped;
  }
  if (!any) return false;
  if (std::count(tilts.begin(), tilts.end(), true) < 2 ||
      std::count(points.begin(), points.end(), true) < 1)
    fail("the observations contradict each other: of {} tilts, {} agree with the rest",
         tilts.size(), std::count(tilts.begin(), tilts.end(), true));
  keep_only(bundle, tilts, points);
  // What only dropped tracks have seen goes too.
  std::vector<bool> seen(bundle.tilts.size(), false);
  for (const BundleObservation& o : bundle.observations) seen[at(o.tilt)] = true;
  for (std::size_t t = 0; t < seen.size(); ++t)
    if (!seen[t])
      state.dropped.push_back({bundle.tilts[t].index, "no good track is seen in this tilt"});
  keep_only(bundle, seen, std::vector<bool>(bundle.points.size(), true));
  return true;
}

}  // namespace gimbal::tilt
