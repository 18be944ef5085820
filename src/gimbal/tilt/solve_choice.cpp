// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/tilt/solve_steps.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr int max_left_out = 40;  // tracks: more only cost time

enum class Part { rotation, magnification, doming, tilt_angle, beam_tilt, in_plane };

const char* name_of(Part part) {
  switch (part) {
    case Part::rotation:
      return "a rotation for each tilt";
    case Part::magnification:
      return "a magnification for each tilt";
    case Part::doming:
      return "deformation across the film with dose";
    case Part::tilt_angle:
      return "a tilt angle for each tilt";
    case Part::beam_tilt:
      return "a beam tilt";
    case Part::in_plane:
      return "deformation in the film's plane with dose";
  }
  return "";
}

Freedom wish_for(Part part, const SolveOptions& o) {
  switch (part) {
    case Part::rotation:
      return o.rotation;
    case Part::magnification:
      return o.magnification;
    case Part::doming:
      return o.deformation;
    case Part::tilt_angle:
      return o.tilt_angle;
    case Part::beam_tilt:
      return o.beam_tilt;
    case Part::in_plane:
      return o.deformation;
  }
  return Freedom::off;
}

double radius_part(const Bundle& bundle, double deg) {
  return rad_from_deg(deg) * bundle.radius_px;
}

Bundle with(Bundle bundle, Part part, bool is_free) {
  const auto own = [&](Own which, double sigma_px) {
    bundle.model.own[which] = is_free;
    bundle.model.own_sigma_px[which] = sigma_px;
    for (std::size_t t = 0; t < bundle.tilts.size(); ++t) {
      if (!is_free) bundle.tilts[t].own[which] = 0.0;
      bundle.prior_weight[t][which] = 1.0;
    }
  };
  switch (part) {
    case Part::rotation:
      own(own_rotation, radius_part(bundle, 0.1));
      break;
    case Part::magnification:
      own(own_magnification, radius_part(bundle, 0.1));
      break;
    case Part::tilt_angle:
      own(own_tilt, radius_part(bundle, 0.1));
      break;
    case Part::beam_tilt:
      bundle.model.beam_tilt = is_free;
      if (!is_free) bundle.beam_tilt_rad = 0.0;
      break;
    case Part::doming:
      bundle.model.doming = is_free;
      if (!is_free) std::fill(bundle.deformation.begin() + 12, bundle.deformation.end(), 0.0);
      break;
    case Part::in_plane:
      bundle.model.in_plane = is_free;
      if (!is_free) std::fill(bundle.deformation.begin(), bundle.deformation.begin() + 12, 0.0);
      break;
  }
  return bundle;
}

// Whether the data can say anything about it.
bool is_possible(const Bundle& bundle, Part part) {
  const std::size_t n_points = bundle.points.size();
  const double per_tilt =
      static_cast<double>(bundle.observations.size()) / static_cast<double>(bundle.tilts.size());
  switch (part) {
    case Part::rotation:
    case Part::magnification:
      return n_points >= 3 && per_tilt >= 2.5;
    case Part::tilt_angle:
      return n_points >= 4 && per_tilt >= 3.5;
    case Part::beam_tilt:
      return n_points >= 6 && bundle.tilts.size() >= 8;
    case Part::doming:
    case Part::in_plane:
      return n_points >= 6 && bundle.tilts.size() >= 8 && bundle.dose_range_e_A2 > 0.0;
  }
  return false;
}

struct Trial {
  Bundle bundle;
  LeaveOut left_out;
};

Trial evaluate(Bundle bundle, bool by_track, int rounds) {
  Trial trial;
  if (bundle.observations.size() < 2000) rounds += 2;  // small problems are the less certain ones
  // Frozen, so that errors of models can be compared.
  const auto tilt_noise = bundle.tilt_noise;
  const Whitening whitening = bundle.whitening;
  for (int i = 0; i <= rounds; ++i) {
    const Normal normal = linearise(bundle);
    const Eigen::MatrixXd covariance = covariance_of(normal);
    if (i == rounds) {
      trial.left_out = leave_out(bundle, normal, covariance, by_track, max_left_out);
    } else {
      if (i > 0) update_scales(bundle, normal, covariance);
      bundle.tilt_noise = tilt_noise;
      bundle.whitening = whitening;
      advance(bundle, normal, covariance);
    }
  }
  trial.bundle = std::move(bundle);
  return trial;
}

// Whether b, in which that part is free, is better than a. What has a prior of its own for each
// tilt is harmless when it is not needed; the others have to be better by half a standard error
// (over tracks) of the difference.
bool is_better(const LeaveOut& a, const LeaveOut& b, Part part) {
  const bool is_harmless =
      part == Part::rotation || part == Part::magnification || part == Part::tilt_angle;
  double sum = 0.0, squares = 0.0, total = 0.0;
  for (std::size_t p = 0; p < a.squares.size(); ++p) {
    const double gain = a.squares[p] - b.squares[p];
    sum += gain;
    squares += gain * gain;
    total += a.squares[p];
  }
  return is_harmless ? sum > 2e-4 * total : sum > 0.5 * std::sqrt(squares) && sum > 1e-3 * total;
}

void finish(SolveState& state) {
  Bundle& bundle = state.bundle;
  for (int i = 0; i < 3; ++i) {
    refine(bundle, 3, 1e-4);
    const Normal normal = linearise(bundle);
    update_scales(bundle, normal, covariance_of(normal));
    reweight(bundle);
  }
  refine(bundle, 4, 1e-5);
}

}  // namespace

void settle(SolveState& state) {
  for (int round = 0; round < 3; ++round) {
    Bundle& bundle = state.bundle;
    for (Part part : {Part::rotation, Part::magnification, Part::tilt_angle})
      if (is_possible(bundle, part)) bundle = with(bundle, part, true);
    for (int i = 0; i < 4; ++i) {
      refine(bundle, 1, 1e-3);
      reweight_roughly(bundle);
    }
    for (int i = 0; i < 4; ++i) {
      refine(bundle, 1, 1e-3);
      const Normal normal = linearise(bundle);
      update_scales(bundle, normal, covariance_of(normal));
      reweight(bundle);
    }
    if (!drop_bad(state)) return;
  }
}

void choose_model(SolveState& state, const SolveOptions& options) {
  constexpr std::array<Part, 6> parts{Part::rotation,   Part::magnification, Part::doming,
                                      Part::tilt_angle, Part::beam_tilt,     Part::in_plane};
  state.by_track = state.bundle.points.size() >= 5;
  Bundle simple = state.bundle;
  for (Part part : parts) simple = with(simple, part, wish_for(part, options) == Freedom::on);
  Trial best = evaluate(simple, state.by_track, 2);
  const double first_px = best.left_out.white_rms_px;
  std::vector<Part> free;
  for (Part part : parts) {
    if (wish_for(part, options) != Freedom::automatic || !is_possible(best.bundle, part)) continue;
    const double before_px = best.left_out.white_rms_px;
    Trial trial = evaluate(with(best.bundle, part, true), state.by_track, 3);
    if (!is_better(best.left_out, trial.left_out, part)) continue;
    state.notes.push_back(fmt::format("Free: {} (leave-out error {:.3f} px without, {:.3f} with).",
                                      name_of(part), before_px, trial.left_out.white_rms_px));
    best = std::move(trial);
    free.push_back(part);
  }
  // What came first may have stood for what came later.
  for (std::size_t i = 0; i + 1 < free.size(); ++i) {
    Trial trial = evaluate(with(best.bundle, free[i], false), state.by_track, 2);
    if (is_better(trial.left_out, best.left_out, free[i])) continue;
    state.notes.push_back(fmt::format("Not needed after all: {}.", name_of(free[i])));
    best = std::move(trial);
  }
  if (free.empty())
    state.notes.push_back(fmt::format(
        "One rotation and a shift for each tilt: nothing more lowers the leave-out error "
        "({:.3f} px).",
        first_px));
  state.bundle = std::move(best.bundle);
  finish(state);
  if (state.bundle.whitening.changes())
    state.notes.push_back(
        fmt::format("Errors across the tilt axis are {:.1f} times those along it, and are "
                    "weighed (and leave-out errors of models compared) accordingly.",
                    1.0 / state.bundle.whitening.ratio));
}

}  // namespace gimbal::tilt
