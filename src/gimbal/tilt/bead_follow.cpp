// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_follow.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

double median_of(std::vector<double> values, double otherwise) {
  if (values.empty()) return otherwise;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool within(Vec2 p, Size2 size, double margin_px) {
  return p.x > margin_px && p.y > margin_px && p.x < size.nx - 1 - margin_px &&
         p.y < size.ny - 1 - margin_px;
}

// The nearest candidate within the gate.
Vec2 start_near(const std::vector<BeadCandidate>& candidates, Vec2 predicted, double gate_px) {
  Vec2 best = predicted;
  double least = gate_px;
  for (const auto& candidate : candidates)
    if (const double far = length(candidate.position_px - predicted); far < least)
      least = far, best = candidate.position_px;
  return best;
}

void fit_tilt(const BeadImages& images, Followed& state, int t, double gate_px,
              bool from_candidates) {
  const auto tilt = static_cast<std::size_t>(t);
  for (auto& of_point : state.fits) of_point[tilt] = {};
  if (!state.model.tilts[tilt].placed || images.tilts[tilt].image.empty()) return;
  std::vector<std::size_t> points;
  std::vector<Vec2> starts, predictions;
  for (std::size_t i = 0; i < state.fits.size(); ++i) {
    const Vec2 predicted = state.predicted(t, i);
    if (!within(predicted, images.size, -gate_px)) continue;
    const Vec2 start =
        from_candidates ? start_near(images.candidates[tilt], predicted, gate_px) : predicted;
    if (!within(start, images.size, 0.0)) continue;
    // Two points at one place would make the fit singular.
    const bool twice = std::any_of(starts.begin(), starts.end(), [&](Vec2 other) {
      return length(other - start) < 0.25 * images.profile.diameter_px();
    });
    if (twice) continue;
    points.push_back(i);
    starts.push_back(start);
    predictions.push_back(predicted);
  }
  BeadFitOptions options;
  options.max_move_px = std::max(3.0, 0.3 * images.profile.diameter_px());
  auto fits = fit_beads(images.tilts[tilt].image, images.profile, starts, options);
  for (std::size_t k = 0; k < fits.size(); ++k) {
    fits[k].ok = fits[k].ok && length(fits[k].position_px - predictions[k]) < gate_px;
    state.fits[points[k]][tilt] = fits[k];
  }
}

// Amplitudes are a point's strength times its tilt's level.
void balance(Followed& state) {
  const std::size_t n_tilts = state.model.tilts.size();
  state.strength.assign(state.fits.size(), 1.0);
  state.level.assign(n_tilts, 1.0);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t t = 0; t < n_tilts; ++t) {
      std::vector<double> values;
      for (std::size_t i = 0; i < state.fits.size(); ++i)
        if (state.fits[i][t].ok) values.push_back(state.fits[i][t].amplitude / state.strength[i]);
      state.level[t] = median_of(values, 0.0);
    }
    for (std::size_t i = 0; i < state.fits.size(); ++i) {
      std::vector<double> values;
      for (std::size_t t = 0; t < n_tilts; ++t)
        if (state.fits[i][t].ok && state.level[t] > 0.0)
          values.push_back(state.fits[i][t].amplitude / state.level[t]);
      state.strength[i] = std::max(1e-3, median_of(values, 1e-3));
    }
  }
}

void keep(Followed& state, const std::vector<bool>& kept) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) continue;
    if (n != i) {
      state.fits[n] = std::move(state.fits[i]);
      state.model.points[n] = state.model.points[i];
      state.strength[n] = state.strength[i];
      state.n_expected[n] = state.n_expected[i];
    }
    ++n;
  }
  state.fits.resize(n);
  state.model.points.resize(n);
  state.strength.resize(n);
  state.n_expected.resize(n);
}

}  // namespace

int Followed::n_seen(std::size_t point) const {
  return static_cast<int>(std::count_if(fits[point].begin(), fits[point].end(),
                                        [](const BeadFit& fit) { return fit.ok; }));
}

Vec2 Followed::predicted(int tilt, std::size_t point) const {
  return centre_px + model.predict(tilt, model.points[point]);
}

void fit_all(const BeadImages& images, Followed& state, double gate_px, bool from_candidates) {
  const int n_tilts = static_cast<int>(images.tilts.size());
  parallel_for(n_tilts, [&](int t) { fit_tilt(images, state, t, gate_px, from_candidates); });
  balance(state);
  state.n_expected.assign(state.fits.size(), 0);
  for (std::size_t i = 0; i < state.fits.size(); ++i)
    for (int t = 0; t < n_tilts; ++t) {
      const auto tilt = static_cast<std::size_t>(t);
      BeadFit& fit = state.fits[i][tilt];
      fit.ok = fit.ok && fit.amplitude > 0.45 * state.strength[i] * state.level[tilt] &&
               fit.amplitude > 4.0;
      const bool inside = within(state.predicted(t, i), images.size, 0.0);
      if (state.model.tilts[tilt].placed && state.level[tilt] > 0.0 && inside)
        ++state.n_expected[i];
    }
}

void refine_all(Followed& state, double depth_sigma_px, int steps) {
  std::vector<Sighting> sightings;
  for (std::size_t i = 0; i < state.fits.size(); ++i)
    for (std::size_t t = 0; t < state.fits[i].size(); ++t)
      if (const BeadFit& fit = state.fits[i][t]; fit.ok)
        sightings.push_back({static_cast<int>(t), static_cast<int>(i),
                             fit.position_px - state.centre_px, fit.sigma_px, 1.0});
  if (sightings.empty()) return;
  RefineOptions options;
  options.rotation_sigma_deg = 0.3;
  options.tilt_sigma_deg = 0.3;
  options.magnification_sigma = 0.003;
  options.depth_sigma_px = depth_sigma_px;
  options.least_scale_px = 0.15;
  options.steps = steps;
  state.scale_px = refine(state.model, sightings, options);
}

void prune(const BeadImages& images, Followed& state) {
  std::vector<bool> kept(state.fits.size(), true);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const int seen = state.n_seen(i);
    kept[i] = seen >= 3 && seen >= 0.35 * state.n_expected[i];
  }
  const double near = 0.35 * images.profile.diameter_px();
  for (std::size_t i = 0; i < kept.size(); ++i)
    for (std::size_t j = 0; j < i && kept[i]; ++j) {
      if (!kept[j]) continue;
      int close = 0, n = 0;
      for (std::size_t t = 0; t < state.model.tilts.size(); ++t) {
        if (!state.model.tilts[t].placed) continue;
        const int tilt = static_cast<int>(t);
        close += length(state.predicted(tilt, i) - state.predicted(tilt, j)) < near ? 1 : 0;
        ++n;
      }
      if (2 * close < n) continue;
      kept[state.n_seen(i) > state.n_seen(j) ? j : i] = false;
    }
  keep(state, kept);
}

void whiten_all_again(BeadImages& images, const Followed& state) {
  const Whitener whitener(images.size, 1);
  parallel_for(static_cast<int>(images.tilts.size()), [&](int t) {
    const auto tilt = static_cast<std::size_t>(t);
    Image<float>& image = images.tilts[tilt].image;
    if (image.empty()) return;
    std::vector<BeadFit> beads;
    for (const auto& of_point : state.fits)
      if (of_point[tilt].amplitude > 0.0) beads.push_back(of_point[tilt]);
    Image<float> rest = image.clone();
    subtract_beads(rest, images.profile, beads);
    image = whitener.whiten_again(image, rest);
  });
}

void learn_again(BeadImages& images, const Followed& state) {
  std::vector<BeadView> views;
  const double top = state.strength.empty()
                         ? 0.0
                         : *std::max_element(state.strength.begin(), state.strength.end());
  for (std::size_t i = 0; i < state.fits.size(); ++i) {
    if (state.strength[i] < 0.5 * top) continue;
    for (std::size_t t = 0; t < state.fits[i].size(); ++t) {
      const BeadFit& fit = state.fits[i][t];
      if (!fit.ok || fit.crowding < 1.8 * images.profile.diameter_px()) continue;
      if (!within(fit.position_px, images.size, images.profile.reach_px())) continue;
      views.push_back(
          {&images.tilts[t].image, fit.position_px, fit.amplitude, fit.background, fit.slope});
    }
  }
  if (views.size() >= 10) images.profile = learn_profile(views, images.profile);
}

}  // namespace gimbal::tilt
