// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/align_local.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/motion/likelihood.h"
#include "gimbal/motion/local_model.h"
#include "gimbal/motion/patches.h"
#include "gimbal/num/linear.h"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <optional>

namespace gimbal {
namespace {

// Radius in cycles per px inside which nearly all of the information on shifts lies.
double useful_radius(const SignalRings& signal) {
  constexpr double share = 0.95;
  double total = 0.0;
  std::vector<double> cumulative;
  for (std::size_t r = 0; r < signal.signal.size(); ++r) {
    const auto ring = static_cast<double>(r);
    total += signal.weight(static_cast<int>(r)) * signal.signal[r] * ring * ring * ring;
    cumulative.push_back(total);
  }
  const auto end = std::lower_bound(cumulative.begin(), cumulative.end(), share * total);
  return (static_cast<double>(end - cumulative.begin()) + 1.0) * signal.step;
}

// The rings with the patch's own amount of signal.
SignalRings patch_signal(const SignalRings& signal, double scale, double bfactor_px2) {
  SignalRings own = signal;
  for (double& power : own.signal) power *= scale;
  own.bfactor_px2 = bfactor_px2;
  return own;
}

// Moves a patch's frames from the motion applied so far to the given coefficients.
void move_patch(Patch& patch, const LocalCoefficients& change, const TimeFunctions& time) {
  for (int i = 0; i < patch.spectra.count(); ++i)
    apply_shift(patch.spectra, i, shift_at(change, time, patch.position, i));
}

// One patch's part of the quadratic approximation of the likelihood.
LocalEvidence patch_evidence(const Patch& patch, const RingGeometry& geometry,
                             const SignalRings& signal, double bfactor_px2,
                             const TimeFunctions& time) {
  const Image<cfloat> sum = sum_of_frames(patch.spectra);
  const auto sum_power = geometry.power(sum);
  const Likelihood average(geometry, signal);
  const double scale = std::min(10.0, average.signal_scale(sum_power, patch.frame_power));
  const Likelihood likelihood(geometry, patch_signal(signal, scale, bfactor_px2));
  const int n = patch.spectra.count();
  const auto space = space_functions(patch.position);
  LocalEvidence evidence;
  evidence.energy = patch.information_share * average.energy(sum_power);
  evidence.gradient = Eigen::MatrixXd::Zero(2 * n_space, time.values().cols());
  evidence.information = Eigen::MatrixXd::Zero(2 * n_space, 2 * n_space);
  for (int i = 0; i < n; ++i) {
    const Shift g = likelihood.gradient(patch.spectra, i, sum);
    for (int b = 0; b < n_space; ++b) {
      const double weight = patch.information_share * space[static_cast<std::size_t>(b)];
      evidence.gradient.row(2 * b) += weight * g.x * time.values().row(i);
      evidence.gradient.row(2 * b + 1) += weight * g.y * time.values().row(i);
    }
  }
  const auto& a = likelihood.information();
  const Eigen::Matrix2d block{{a.xx, a.xy}, {a.xy, a.yy}};
  for (int b = 0; b < n_space; ++b)
    for (int c = 0; c < n_space; ++c)
      evidence.information.block<2, 2>(2 * b, 2 * c) = 2.0 * n * patch.information_share *
                                                       space[static_cast<std::size_t>(b)] *
                                                       space[static_cast<std::size_t>(c)] * block;
  return evidence;
}

LocalEvidence total_evidence(const std::vector<Patch>& patches, const RingGeometry& geometry,
                             const SignalRings& signal, double bfactor_px2,
                             const TimeFunctions& time, const LocalCoefficients& at) {
  std::vector<LocalEvidence> parts(patches.size());
  parallel_for(static_cast<int>(patches.size()), [&](int p) {
    const auto i = static_cast<std::size_t>(p);
    parts[i] = patch_evidence(patches[i], geometry, signal, bfactor_px2, time);
  });
  LocalEvidence total = std::move(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    total.gradient += parts[i].gradient;
    total.information += parts[i].information;
    total.energy += parts[i].energy;
  }
  total.at = at;
  // A ridge that only matters where there is no information at all.
  total.information.diagonal().array() += 1e-6 * total.information.diagonal().maxCoeff() + 1e-30;
  return total;
}

// What the frames' common shifts lack: the free terms of the model, and a Newton step in the other
// functions of time.
void add_common(const LocalEvidence& evidence, const LocalCoefficients& coefficients,
                const TimeFunctions& time, std::vector<Shift>& common) {
  const Eigen::MatrixXd steps =
      solve_symmetric(evidence.information.topLeftCorner<2, 2>(), evidence.gradient.topRows<2>());
  for (Eigen::Index i = 0; i < time.values().rows(); ++i)
    for (Eigen::Index t = 0; t < time.values().cols(); ++t) {
      const bool is_model = t < time.n_model();
      Shift& shift = common[static_cast<std::size_t>(i)];
      shift.x += time.values()(i, t) * (is_model ? coefficients(0, t) : steps(0, t));
      shift.y += time.values()(i, t) * (is_model ? coefficients(1, t) : steps(1, t));
    }
}

// Standard error of the common shift of one of n frames.
Shift error_of_shift(const LocalEvidence& evidence, int n) {
  const Eigen::Matrix2d covariance = evidence.information.topLeftCorner<2, 2>().inverse();
  const double scale = 1.0 - 1.0 / n;
  return {std::sqrt(scale * covariance(0, 0)), std::sqrt(scale * covariance(1, 1))};
}

struct Candidate {
  LocalPosterior posterior;
  LocalEvidence evidence;  // at its mean
  double gain = 0;         // of log likelihood over no local motion, in units of the noise found
  // Far from zero the quadratic approximation may promise what is not there: the real gain must
  // follow.
  bool is_real() const { return gain > 0.5 * posterior.promised_gain; }
  bool is_sure() const {
    constexpr double least_log_bayes_factor = 1.5;  // noise alone: 2 of 1000 movies
    return posterior.log_bayes_factor >= least_log_bayes_factor && is_real();
  }
  // Less is not worth the interpolation of all frames.
  bool is_useful() const {
    constexpr double least_rms_px = 0.03;
    return posterior.rms_px >= least_rms_px && is_real();
  }
};

// Signal and noise in the patches as they lie now.
SignalRings patches_signal(const std::vector<Patch>& patches, const RingGeometry& geometry,
                           const SignalRings& like) {
  std::vector<RingSums> parts(patches.size(), RingSums(geometry.count()));
  parallel_for(static_cast<int>(patches.size()), [&](int p) {
    const Patch& patch = patches[static_cast<std::size_t>(p)];
    RingSums& part = parts[static_cast<std::size_t>(p)];
    part.sum_power = geometry.power(sum_of_frames(patch.spectra));
    part.frame_power = patch.frame_power;
  });
  RingSums sums(geometry.count());
  for (std::size_t p = 0; p < patches.size(); ++p)
    for (std::size_t r = 0; r < geometry.count(); ++r) {
      const double share = patches[p].information_share;
      sums.sum_power[r] += share * parts[p].sum_power[r];
      sums.frame_power[r] += share * parts[p].frame_power[r];
      sums.count[r] += share * geometry.coefficients(r);
    }
  // A patch has coefficients in one of several rings only.
  const double period_px = std::min(geometry.period_x_px(), geometry.period_y_px());
  const int reach = 1 + static_cast<int>(std::ceil(1.0 / (period_px * like.step)));
  return signal_from(sums, like.step, like.n_frames, reach, 1);
}

// Newton steps on all patches together, with the prior found anew at each step.
class LocalSearch {
 public:
  LocalSearch(const LowSpectra& aligned, const SignalRings& signal, const TimeFunctions& time,
              Size2 n_patches)
      : aligned_(aligned),
        time_(time),
        n_patches_(n_patches),
        signal_(signal),
        common_(aligned.frames.size()) {
    cut(useful_radius(signal), nullptr);
  }

  // Long motions are found from afar, by low frequencies first, as low as a patch still has a few
  // of them. Where too little signal leads that astray, the search starts again from where the
  // frames are.
  Candidate best() {
    const double none = evidence(0.0).energy;
    const LowSpectra& patch = patches_.front().spectra;
    const double period_px = std::min(patch.period_x_px, patch.period_y_px);
    std::vector<double> bfactors_px2;
    for (double b = period_px * period_px / 50.0; b > 300.0; b /= 5.0) bfactors_px2.push_back(b);
    bfactors_px2.insert(bfactors_px2.end(), {0.0, 0.0});
    Candidate far = run(bfactors_px2, none);
    if (far.is_sure()) return far;
    Candidate near = run({0.0, 0.0}, none);
    return far.gain > near.gain ? std::move(far) : std::move(near);
  }

  // Once the motion is known, it is taken out of the frames; what it has blurred can be seen: the
  // signal is measured again, and the motion that is left. `found` must be the last one searched.
  void sharpen(Candidate& found) {
    // What a patch holds lies, on average, some hundredths of the field away from its middle: about
    // 0.04 of the motion is wrong therefore. That may be a third of the standard error, or 0.02 px.
    constexpr int max_rounds = 2;
    constexpr double bearable_errors = 8.0, bearable_px = 0.5;
    double moved_px = found.posterior.rms_px;
    for (int round = 0; round < max_rounds; ++round) {
      const Shift error_px = error_of_shift(found.evidence, aligned_.count());
      if (moved_px < std::max(bearable_px, bearable_errors * std::min(error_px.x, error_px.y)))
        return;
      settle(found);
      const KnownMotion known{common_, at_};
      cut(1.5 * useful_radius(signal_), &known);
      signal_ = patches_signal(patches_, geometry(), signal_);
      const LocalCoefficients before = at_;
      for (int step = 0; step < 2; ++step) {
        found.posterior = local_posterior(evidence(0.0), time_);
        move_to(found.posterior.mean);
      }
      found.evidence = evidence(0.0);
      moved_px = std::sqrt((at_ - before).bottomRows(2 * n_space - 2).squaredNorm() /
                           (2.0 * aligned_.count()));
    }
  }

  // Coefficients without the free terms, which the common shifts take over.
  const LocalCoefficients& settle(const Candidate& found) {
    add_common(found.evidence, at_, time_, common_);
    at_.topRows(2).setZero();
    return at_;
  }
  const std::vector<Shift>& common() const { return common_; }

 private:
  Candidate run(const std::vector<double>& bfactors_px2, double energy_without) {
    move_to(LocalCoefficients::Zero(2 * n_space, time_.n_model()));
    Candidate candidate;
    for (const double b : bfactors_px2) {
      candidate.posterior = local_posterior(evidence(b), time_);
      move_to(candidate.posterior.mean);
    }
    candidate.evidence = evidence(0.0);
    candidate.gain =
        (candidate.evidence.energy - energy_without) / candidate.posterior.noise_inflation;
    return candidate;
  }
  void cut(double radius, const KnownMotion* known) {
    patches_.clear();  // before the new ones take memory
    patches_ = make_patches(aligned_, radius, n_patches_, time_, known);
    geometry_.emplace(patches_.front().spectra, signal_);
    parallel_for(static_cast<int>(patches_.size()), [&](int p) {
      auto& patch = patches_[static_cast<std::size_t>(p)];
      patch.frame_power.assign(geometry().count(), 0.0);
      for (const auto& frame : patch.spectra.frames) {
        const auto power = geometry().power(frame);
        for (std::size_t r = 0; r < power.size(); ++r) patch.frame_power[r] += power[r];
      }
    });
  }
  LocalEvidence evidence(double bfactor_px2) const {
    return total_evidence(patches_, geometry(), signal_, bfactor_px2, time_, at_);
  }
  const RingGeometry& geometry() const { return *geometry_; }
  void move_to(const LocalCoefficients& coefficients) {
    const LocalCoefficients change = coefficients - at_;
    parallel_for(static_cast<int>(patches_.size()),
                 [&](int p) { move_patch(patches_[static_cast<std::size_t>(p)], change, time_); });
    at_ = coefficients;
  }
  const LowSpectra& aligned_;
  const TimeFunctions& time_;
  Size2 n_patches_;
  SignalRings signal_;
  std::vector<Patch> patches_;
  std::optional<RingGeometry> geometry_;
  std::vector<Shift> common_;
  LocalCoefficients at_ = LocalCoefficients::Zero(2 * n_space, time_.n_model());
};

}  // namespace

Size2 automatic_patches(const LowSpectra& spectra) {
  constexpr double px_per_patch = 128.0;
  const auto count = [](int k_max) {
    return std::clamp(static_cast<int>(std::lround(2.0 * k_max / px_per_patch)), 3, 8);
  };
  return {count(spectra.k_max.nx), count(spectra.k_max.ny)};
}

LocalAlignment align_local(const LowSpectra& aligned, const SignalRings& signal,
                           const std::vector<double>& times, Size2 n_patches) {
  LocalAlignment result;
  const TimeFunctions time(times);
  const bool too_small = std::min(aligned.k_max.nx, aligned.k_max.ny) < 24;
  if (time.n_model() < 1 || too_small || useful_radius(signal) <= 2.0 * signal.step) {
    result.decision = too_small ? "no local motion: the frames are too small for patches"
                                : "no local motion: too few frames or too little signal";
    return result;
  }
  LocalSearch search(aligned, signal, time, n_patches);
  Candidate candidate = search.best();
  const auto figures = [&] {
    return fmt::format("{:.2f} px rms, log Bayes factor {:.1f}, {} x {} patches",
                       candidate.posterior.rms_px, candidate.posterior.log_bayes_factor,
                       n_patches.nx, n_patches.ny);
  };
  if (!candidate.is_useful()) {
    result.decision = "no local motion: the data do not show any (" + figures() + ")";
    return result;
  }
  search.sharpen(candidate);
  result.model = relion_model(search.settle(candidate), time);
  result.global_correction = search.common();
  result.error_px = error_of_shift(candidate.evidence, aligned.count());
  result.rms_px = candidate.posterior.rms_px;
  result.decision = "local motion: " + figures();
  return result;
}

}  // namespace gimbal
