// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/brightness.h"

#include "gimbal/core/median.h"
#include "gimbal/num/linear.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gimbal::tilt {
namespace {

struct Sample {
  double tilt_deg = 0.0;
  double brightness = 0.0;  // or its logarithm
};

double brightness(const StackTilt& tilt) {
  const auto means = field_means(tilt);
  return means.empty() ? tilt.mean : median(means);
}

struct Samples {
  std::vector<Sample> tilts;
  double unit = 1.0;  // what a change of brightness is measured in
};

// Logarithms, if brightnesses are counts; values from which a common background was taken away are
// as symmetric about the slab's normal, but they are not exponential, and doses do not scale them.
Samples samples_of(const Stack& stack, const Alignment& alignment) {
  std::vector<const StackTilt*> tilts;
  Samples samples;
  for (std::size_t t = 0; t < stack.tilts.size(); ++t) {
    const StackTilt& tilt = stack.tilts[t];
    if (alignment.tilts[t].state != TiltState::used || tilt.image.empty()) continue;
    tilts.push_back(&tilt);
    samples.tilts.push_back({alignment.tilts[t].projection.y_tilt_deg, brightness(tilt)});
  }
  const auto all = [&](auto holds) {
    for (std::size_t i = 0; i < tilts.size(); ++i)
      if (!holds(*tilts[i], samples.tilts[i].brightness)) return false;
    return true;
  };
  const bool are_counts =
      all([](const StackTilt& t, double b) { return b > std::max(0.0, 0.2 * t.deviation); });
  const bool has_doses = all([](const StackTilt& t, double) { return t.dose_e_A2 > 0.0; });
  std::vector<double> deviations;
  for (std::size_t i = 0; i < tilts.size(); ++i) {
    double& value = samples.tilts[i].brightness;
    if (are_counts) value = std::log(has_doses ? value / tilts[i]->dose_e_A2 : value);
    deviations.push_back(tilts[i]->deviation);
  }
  if (!are_counts && !deviations.empty()) samples.unit = median(std::move(deviations));
  return samples;
}

// What may be fitted: a - b u, or a - b u + c u^2.
enum class Shape : Eigen::Index { line = 2, parabola = 3 };

struct Fit {
  double offset_deg = 0.0;
  Eigen::Vector3d shape = Eigen::Vector3d::Zero();  // a, -b, c
  Eigen::VectorXd residuals;
  double squares = 0.0;  // weighted
};

Eigen::MatrixXd shapes(const std::vector<Sample>& samples, double offset_deg) {
  Eigen::MatrixXd m(static_cast<Eigen::Index>(samples.size()), 3);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double u = 1.0 / std::cos(rad_from_deg(samples[i].tilt_deg + offset_deg));
    m.row(static_cast<Eigen::Index>(i)) << 1.0, u, u * u;
  }
  return m;
}

Fit fit_at(const std::vector<Sample>& samples, const Eigen::VectorXd& weights, Shape shape,
           double offset_deg) {
  Eigen::VectorXd values(static_cast<Eigen::Index>(samples.size()));
  for (std::size_t i = 0; i < samples.size(); ++i)
    values(static_cast<Eigen::Index>(i)) = samples[i].brightness;
  const auto n_terms = static_cast<Eigen::Index>(shape);
  const Eigen::MatrixXd m = shapes(samples, offset_deg).leftCols(n_terms);
  const Eigen::MatrixXd weighted = weights.asDiagonal() * m;
  Eigen::MatrixXd normal = transposed_product(weighted, m);
  normal.diagonal() *= 1.0 + 1e-14;  // where all tilts are at one angle, any shape does
  Fit fit;
  fit.offset_deg = offset_deg;
  fit.shape.head(n_terms) = solve_symmetric(normal, transposed_product(weighted, values));
  fit.residuals = values - m * fit.shape.head(n_terms);
  fit.squares = fit.residuals.cwiseAbs2().dot(weights);
  return fit;
}

Fit best_fit(const std::vector<Sample>& samples, const Eigen::VectorXd& weights, Shape shape) {
  constexpr double limit_deg = 25.0;
  double middle = 0.0, reach = limit_deg, step = 1.0;
  Fit best;
  bool is_first = true;
  for (; step > 0.005; reach = step, step *= 0.2, middle = best.offset_deg)
    for (double d = middle - reach; d <= middle + reach + 1e-9; d += step) {
      const bool is_possible = std::abs(d) <= limit_deg &&
                               std::all_of(samples.begin(), samples.end(), [&](const Sample& s) {
                                 return std::abs(s.tilt_deg + d) < 82.0;
                               });
      if (!is_possible) continue;
      Fit fit = fit_at(samples, weights, shape, d);
      if (is_first || fit.squares < best.squares) best = std::move(fit);
      is_first = false;
    }
  return best;
}

// Tukey's weights, of a scale that is the residuals' own.
Eigen::VectorXd weights_of(const Eigen::VectorXd& residuals) {
  std::vector<double> sizes;
  for (const double r : residuals) sizes.push_back(std::abs(r));
  const double scale = std::max(1.4826 * median(std::move(sizes)), 1e-9);
  Eigen::VectorXd weights(residuals.size());
  for (Eigen::Index i = 0; i < residuals.size(); ++i) {
    const double x = residuals(i) / (4.685 * scale);
    weights(i) = std::abs(x) < 1.0 ? (1.0 - x * x) * (1.0 - x * x) : 0.0;
  }
  return weights;
}

// Of the offset, with the shape unknown, too.
double standard_error_deg(const std::vector<Sample>& samples, const Fit& fit,
                          const Eigen::VectorXd& weights) {
  Eigen::MatrixXd m(static_cast<Eigen::Index>(samples.size()), 4);
  m.leftCols<3>() = shapes(samples, fit.offset_deg);
  constexpr double step_deg = 0.01;
  m.col(3) = (shapes(samples, fit.offset_deg + step_deg) - shapes(samples, fit.offset_deg)) *
             fit.shape / step_deg;
  const double freedom = weights.sum() - 4.0;
  if (freedom < 1.0) return 180.0;
  const Eigen::MatrixXd weighted = weights.asDiagonal() * m;
  const double variance = inverse_of_symmetric(transposed_product(weighted, m))(3, 3);
  if (!(variance > 0.0)) return 180.0;
  return std::sqrt(variance * fit.squares / freedom);
}

}  // namespace

BrightnessOffset brightness_offset(const Stack& stack, const Alignment& alignment,
                                   double max_error_deg) {
  BrightnessOffset result;
  const auto [samples, unit] = samples_of(stack, alignment);
  constexpr std::size_t enough = 8;
  if (samples.size() < enough) {
    result.reason = "fewer than 8 tilts are used";
    return result;
  }
  Eigen::VectorXd weights = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(samples.size()));
  Fit fit = best_fit(samples, weights, Shape::parabola);
  for (int round = 0; round < 10; ++round) {
    weights = weights_of(fit.residuals);
    fit = best_fit(samples, weights, Shape::parabola);
  }
  result.about_y_deg = fit.offset_deg;
  // Tilts on one side of the slab's normal tell the offset by the shape alone, and which shape is
  // right nobody knows. Tilts on both sides give the same offset with either.
  const double of_line_deg = best_fit(samples, weights, Shape::line).offset_deg;
  result.about_y_error_deg =
      std::hypot(standard_error_deg(samples, fit, weights), fit.offset_deg - of_line_deg);
  // The slope at an upright beam: how much darker the images get with the length of the way.
  const double darkening = -(fit.shape(1) + 2.0 * fit.shape(2)) / unit;
  if (darkening < 0.02)
    result.reason = fmt::format("the tilts hardly get darker with their angle ({:.3f})", darkening);
  else if (result.about_y_error_deg > max_error_deg)
    result.reason = fmt::format("the brightness of the tilts gives {:.1f} +- {:.1f} degrees",
                                result.about_y_deg, result.about_y_error_deg);
  else
    result.is_known = true;
  return result;
}

}  // namespace gimbal::tilt
