// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/align_local.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/motion/likelihood.h"
#include "gimbal/motion/local_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal {
namespace {

struct Patch {
  PatchPosition position;
  LowSpectra spectra;
  std::vector<double> frame_power;  // of all frames together, by rings
  // Independent pixels per coefficient: the mean of the squared window.
  double information_share = 1.0;
};

struct PatchGrid {
  Size2 image;  // of the small real-space frames
  Size2 box;    // of a patch
  double step_x, step_y;
};

int fast_even_size(double least) {
  int n = std::max(8, static_cast<int>(std::ceil(least / 2.0)) * 2);
  while (!has_only_small_primes(n, 5)) n += 2;
  return n;
}

PatchGrid grid_for(const LowSpectra& spectra, Size2 patches) {
  PatchGrid grid{};
  grid.image = {2 * (spectra.k_max.nx + 1), 2 * (spectra.k_max.ny + 1)};
  grid.step_x = static_cast<double>(grid.image.nx) / patches.nx;
  grid.step_y = static_cast<double>(grid.image.ny) / patches.ny;
  grid.box = {fast_even_size(2.0 * grid.step_x), fast_even_size(2.0 * grid.step_y)};
  return grid;
}

// The frame in real space at the corner's resolution; noise of unit power has unit variance.
Image<float> small_frame(const LowSpectra& spectra, int i, const Fft2d& fft) {
  const auto [nx, ny] = fft.size();
  Image<cfloat> natural(nx / 2 + 1, ny);
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(nx) * ny));
  const auto& frame = spectra.frames[static_cast<std::size_t>(i)];
  for (int kx = 0; kx <= spectra.k_max.nx; ++kx)
    for (int ky = -spectra.k_max.ny; ky <= spectra.k_max.ny; ++ky)
      natural(kx, (ky + ny) % ny) = scale * frame.row(kx)[ky + spectra.k_max.ny];
  Image<float> image(nx, ny);
  fft.backward(natural, image);
  return image;
}

// Sine windows of twice the patches' distance: the squares of all windows add up to one.
std::vector<float> window(int box, double centre, int x0, double step) {
  std::vector<float> w;
  for (int i = 0; i < box; ++i) {
    const double d = std::abs(x0 + i + 0.5 - centre) / step;
    w.push_back(d < 1.0 ? static_cast<float>(std::cos(0.5 * std::numbers::pi * d)) : 0.0F);
  }
  return w;
}

double sum_of_squares(const std::vector<float>& w, int begin, int end) {
  return std::inner_product(w.begin() + begin, w.begin() + end, w.begin() + begin, 0.0);
}

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

struct PatchMaker {
  PatchMaker(const LowSpectra& spectra, const SignalRings& signal, Size2 n_patches)
      : source(spectra),
        patches(n_patches),
        grid(grid_for(spectra, n_patches)),
        image_fft(grid.image),
        box_fft(grid.box) {
    const double scale_x = spectra.period_x_px / grid.image.nx,
                 scale_y = spectra.period_y_px / grid.image.ny;
    period_x_px = grid.box.nx * scale_x;
    period_y_px = grid.box.ny * scale_y;
    const double radius = useful_radius(signal);
    k_max = {std::min(grid.box.nx / 2 - 1, static_cast<int>(radius * period_x_px) + 1),
             std::min(grid.box.ny / 2 - 1, static_cast<int>(radius * period_y_px) + 1)};
  }
  std::vector<Patch> empty_patches() const {
    std::vector<Patch> result(static_cast<std::size_t>(patches.nx * patches.ny));
    for (int p = 0; p < patches.nx * patches.ny; ++p) {
      auto& patch = result[static_cast<std::size_t>(p)];
      patch.position = position(p);
      patch.spectra = LowSpectra{source.frame_size, period_x_px, period_y_px, k_max, {}};
      patch.spectra.frames.resize(source.frames.size());
    }
    return result;
  }
  struct Place {
    double centre;  // px of the small image
    int first;      // of the box
    std::vector<float> window;
  };
  static Place place(int patch, double step, int box) {
    const double centre = (patch + 0.5) * step;
    const int first = static_cast<int>(std::lround(centre)) - box / 2;
    return {centre, first, window(box, centre, first, step)};
  }
  Place place_x(int p) const { return place(p % patches.nx, grid.step_x, grid.box.nx); }
  Place place_y(int p) const { return place(p / patches.nx, grid.step_y, grid.box.ny); }
  // Means of the position and its square along one axis, where window and taper let the image
  // through.
  static std::pair<double, double> moments(const Place& place, int n) {
    double sum = 0, first = 0, second = 0;
    for (int i = 0; i < static_cast<int>(place.window.size()); ++i) {
      const int at = place.first + i;
      if (at < 0 || at >= n) continue;
      const double rim = std::min(1.0, (std::min(at, n - 1 - at) + 0.5) * 16.0 / n);
      const double taper = 0.5 - 0.5 * std::cos(std::numbers::pi * rim);
      const double weight =
          std::pow(static_cast<double>(place.window[static_cast<std::size_t>(i)]) * taper, 2);
      const double u = (at + 0.5) / n - 0.5;
      sum += weight;
      first += weight * u;
      second += weight * u * u;
    }
    return {first / sum, second / sum};
  }
  PatchPosition position(int p) const {
    const auto [u, u2] = moments(place_x(p), grid.image.nx);
    const auto [v, v2] = moments(place_y(p), grid.image.ny);
    return {u, v, u2, v2};
  }
  void cut(View<const float> image, int i, int p, Patch& patch) const {
    const Place x_place = place_x(p), y_place = place_y(p);
    const int x0 = x_place.first, y0 = y_place.first;
    const auto inside = [](int first, int box, int n) {
      return std::pair(std::max(0, -first), std::min(box, n - first));
    };
    const auto [x_begin, x_end] = inside(x0, grid.box.nx, image.nx());
    const auto [y_begin, y_end] = inside(y0, grid.box.ny, image.ny());
    Image<float> box(grid.box.nx, grid.box.ny);
    for (int y = y_begin; y < y_end; ++y) {
      const float w = y_place.window[static_cast<std::size_t>(y)];
      const float *along_x = x_place.window.data(), *in = image.row(y0 + y) + x0;
      float* out = box.row(y);
      for (int x = x_begin; x < x_end; ++x) out[x] = w * along_x[x] * in[x];
    }
    const double squares = sum_of_squares(x_place.window, x_begin, x_end) *
                           sum_of_squares(y_place.window, y_begin, y_end);
    patch.information_share = squares / (static_cast<double>(grid.box.nx) * grid.box.ny);
    Image<cfloat> spectrum(grid.box.nx / 2 + 1, grid.box.ny);
    box_fft.forward(box, spectrum);
    Image<cfloat> corner(2 * k_max.ny + 1, k_max.nx + 1);
    const auto scale = static_cast<float>(1.0 / std::sqrt(std::max(squares, 1e-30)));
    for (int kx = 0; kx <= k_max.nx; ++kx)
      for (int ky = -k_max.ny; ky <= k_max.ny; ++ky)
        corner.row(kx)[ky + k_max.ny] = scale * spectrum(kx, (ky + grid.box.ny) % grid.box.ny);
    patch.spectra.frames[static_cast<std::size_t>(i)] = std::move(corner);
  }
  const LowSpectra& source;
  Size2 patches;
  PatchGrid grid;
  Fft2d image_fft, box_fft;
  double period_x_px = 0, period_y_px = 0;
  Size2 k_max;
};

std::vector<Patch> make_patches(const LowSpectra& aligned, const SignalRings& signal,
                                Size2 n_patches) {
  const PatchMaker maker(aligned, signal, n_patches);
  auto patches = maker.empty_patches();
  for (int i = 0; i < aligned.count(); ++i) {
    const auto image = small_frame(aligned, i, maker.image_fft);
    parallel_for(static_cast<int>(patches.size()),
                 [&](int p) { maker.cut(image, i, p, patches[static_cast<std::size_t>(p)]); });
  }
  return patches;
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
  const auto space = space_functions(patch.position);
  for (int i = 0; i < patch.spectra.count(); ++i) {
    Shift shift;
    for (int t = 0; t < time.n_model(); ++t)
      for (int b = 0; b < n_space; ++b) {
        shift.x += change(2 * b, t) * space[static_cast<std::size_t>(b)] * time.values()(i, t);
        shift.y += change(2 * b + 1, t) * space[static_cast<std::size_t>(b)] * time.values()(i, t);
      }
    apply_shift(patch.spectra, i, shift);
  }
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

// The common shift of each frame that the model's smooth functions of time do not hold.
std::vector<Shift> common_correction(const LocalEvidence& evidence, const TimeFunctions& time) {
  const Eigen::MatrixXd steps =
      evidence.information.topLeftCorner<2, 2>().ldlt().solve(evidence.gradient.topRows<2>());
  std::vector<Shift> correction(static_cast<std::size_t>(time.values().rows()));
  for (Eigen::Index i = 0; i < time.values().rows(); ++i)
    for (Eigen::Index t = time.n_model(); t < time.values().cols(); ++t) {
      correction[static_cast<std::size_t>(i)].x += time.values()(i, t) * steps(0, t);
      correction[static_cast<std::size_t>(i)].y += time.values()(i, t) * steps(1, t);
    }
  return correction;
}

struct Candidate {
  LocalPosterior posterior;
  LocalEvidence evidence;  // at its mean
  double gain = 0;         // of log likelihood over no local motion, in units of the noise found
  // Far from zero the quadratic approximation may promise what is not there: the real gain must
  // follow.
  bool is_convincing() const {
    constexpr double least_log_bayes_factor = 7.0;  // noise alone reaches 5 in 1 of 20 movies
    return posterior.log_bayes_factor >= least_log_bayes_factor &&
           gain > 0.5 * posterior.promised_gain;
  }
};

// Newton steps on all patches together, with the prior found anew at each step.
class LocalSearch {
 public:
  LocalSearch(std::vector<Patch> patches, const SignalRings& signal, const TimeFunctions& time)
      : patches_(std::move(patches)),
        geometry_(patches_.front().spectra, signal),
        signal_(signal),
        time_(time),
        at_(LocalCoefficients::Zero(2 * n_space, time.n_model())) {}

  // Long motions are found from afar, by low frequencies first, as low as a patch still has a few
  // of them. Where too little signal leads that astray, the search starts again from where the
  // frames are.
  Candidate best() {
    parallel_for(static_cast<int>(patches_.size()), [&](int p) {
      auto& patch = patches_[static_cast<std::size_t>(p)];
      patch.frame_power.assign(geometry_.count(), 0.0);
      for (const auto& frame : patch.spectra.frames) {
        const auto power = geometry_.power(frame);
        for (std::size_t r = 0; r < power.size(); ++r) patch.frame_power[r] += power[r];
      }
    });
    const double none = total_evidence(patches_, geometry_, signal_, 0.0, time_, at_).energy;
    const LowSpectra& patch = patches_.front().spectra;
    const double period_px = std::min(patch.period_x_px, patch.period_y_px);
    std::vector<double> bfactors_px2;
    for (double b = period_px * period_px / 50.0; b > 300.0; b /= 5.0) bfactors_px2.push_back(b);
    bfactors_px2.insert(bfactors_px2.end(), {0.0, 0.0});
    Candidate far = run(bfactors_px2, none);
    if (far.is_convincing()) return far;
    Candidate near = run({0.0, 0.0}, none);
    return far.gain > near.gain ? std::move(far) : std::move(near);
  }

 private:
  Candidate run(const std::vector<double>& bfactors_px2, double energy_without) {
    move_to(LocalCoefficients::Zero(2 * n_space, time_.n_model()));
    Candidate candidate;
    for (const double b : bfactors_px2) {
      candidate.posterior = local_posterior(
          total_evidence(patches_, geometry_, signal_, b, time_, at_), time_.n_model());
      move_to(candidate.posterior.mean);
    }
    candidate.evidence = total_evidence(patches_, geometry_, signal_, 0.0, time_, at_);
    candidate.gain =
        (candidate.evidence.energy - energy_without) / candidate.posterior.noise_inflation;
    return candidate;
  }
  void move_to(const LocalCoefficients& coefficients) {
    const LocalCoefficients change = coefficients - at_;
    parallel_for(static_cast<int>(patches_.size()),
                 [&](int p) { move_patch(patches_[static_cast<std::size_t>(p)], change, time_); });
    at_ = coefficients;
  }
  std::vector<Patch> patches_;
  RingGeometry geometry_;
  const SignalRings& signal_;
  const TimeFunctions& time_;
  LocalCoefficients at_;
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
  LocalSearch search(make_patches(aligned, signal, n_patches), signal, time);
  const Candidate candidate = search.best();
  const LocalPosterior& posterior = candidate.posterior;
  const std::string figures =
      fmt::format("{:.2f} px rms, log Bayes factor {:.1f}, {} x {} patches", posterior.rms_px,
                  posterior.log_bayes_factor, n_patches.nx, n_patches.ny);
  if (!candidate.is_convincing()) {
    result.decision = "no local motion: the data do not show any (" + figures + ")";
    return result;
  }
  result.model = relion_model(posterior.mean, time);
  result.global_correction = common_correction(candidate.evidence, time);
  result.rms_px = posterior.rms_px;
  result.decision = "local motion: " + figures;
  return result;
}

}  // namespace gimbal
