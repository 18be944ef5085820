// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/scale_steps.h"

#include "gimbal/core/parallel.h"
#include "gimbal/tilt/slab_search.h"

#include <Eigen/LU>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

namespace gimbal::tilt {
namespace {

constexpr double finest_A = 40.0;
constexpr std::size_t around = 5;  // tilts that are compared with each
constexpr int n_strips = 12;       // of rows, across the axis
constexpr int reach = 16;          // rows that a strip is moved by
constexpr int near = 8;            // what is further away than this is chance
constexpr int n_lags = 2 * reach + 1;

// Views of the plane through the specimen's middle, whitened, within the band and a window.
struct Views {
  std::vector<int> tilts;  // by rising angle
  std::vector<Image<float>> pictures;
};

Views views_of(const Stack& stack, const std::vector<Projection>& projections,
               const std::vector<bool>& used) {
  Views views;
  for (std::size_t t = 0; t < projections.size(); ++t)
    if (used[t] && !stack.tilts[t].image.empty()) views.tilts.push_back(static_cast<int>(t));
  const auto angle = [&](int t) { return projections[static_cast<std::size_t>(t)].y_tilt_deg; };
  std::sort(views.tilts.begin(), views.tilts.end(),
            [&](int a, int b) { return std::pair(angle(a), a) < std::pair(angle(b), b); });
  const SlabLevel level = slab_level(stack, finest_A);
  auto spectra = slab_spectra(level.stack, projections, views.tilts, level.grid);
  const int n = level.grid.n;
  const Fft2d fft({n, n});
  views.pictures.resize(views.tilts.size());
  parallel_for(spectra.count(), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    for (int row = 0; row < n; ++row)
      for (int kx = 0; kx <= n / 2; ++kx) {
        const double k = std::hypot(kx, signed_frequency(row, n)) / level.grid.period_px();
        if (k < level.band.lowest || k > level.band.highest) spectra.values[at](kx, row) = {};
      }
    Image<float> picture(n, n);
    fft.backward(spectra.values[at], picture);
    const Image<float> window = comparison_window(
        level.stack, projections[static_cast<std::size_t>(views.tilts[at])], level.grid);
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) picture(x, y) *= window(x, y);
    views.pictures[at] = std::move(picture);
  });
  return views;
}

// Products of one view's strips with another that is moved by -reach .. reach rows.
using Products = std::array<std::array<double, n_lags>, n_strips>;

float product_of_rows(const float* p, const float* q, int n) {
  float sum = 0.0F;
  for (int x = 0; x < n; ++x) sum += p[x] * q[x];
  return sum;
}

Products products(const Image<float>& p, const Image<float>& q) {
  const int n = p.ny();
  Products sums{};
  for (int y = 0; y < n; ++y)
    for (int lag = 0; lag < n_lags; ++lag)
      if (const int other = y + lag - reach; other >= 0 && other < n)
        sums[static_cast<std::size_t>(y * n_strips / n)][static_cast<std::size_t>(lag)] +=
            static_cast<double>(product_of_rows(p.view().row(y), q.view().row(other), p.nx()));
  return sums;
}

// Between whole lags; the band ends well below the grid's.
double at_lag(const std::array<double, n_lags>& values, double lag) {
  constexpr int half = 7;
  const int middle = static_cast<int>(std::lround(lag)) + reach;
  double sum = 0.0;
  for (int i = std::max(0, middle - half); i <= std::min(n_lags - 1, middle + half); ++i) {
    const double x = lag + reach - i, t = std::numbers::pi * x;
    const double cosine = std::cos(0.5 * t / (half + 1));
    sum += values[static_cast<std::size_t>(i)] *
           (std::abs(x) < 1e-9 ? 1.0 : std::sin(t) / t * cosine * cosine);
  }
  return sum;
}

// All strips are moved by offset + at_far times their distance from the middle over that of the
// last one: the sum of their products.
class Total {
 public:
  Total(const Products& sums, int n) : sums_(sums), far_((n_strips - 1.0) * n / (2 * n_strips)) {}
  double far() const { return far_; }  // rows
  static double share(std::size_t strip) {
    return (2.0 * static_cast<double>(strip) + 1.0 - n_strips) / (n_strips - 1.0);
  }
  double operator()(double offset, double at_far) const {
    double sum = 0.0;
    for (std::size_t s = 0; s < n_strips; ++s)
      sum += at_lag(sums_[s], std::clamp(offset + at_far * share(s), -1.0 * near, 1.0 * near));
    return sum;
  }

 private:
  const Products& sums_;
  double far_;
};

constexpr double derivative_step = 0.25;  // rows
constexpr double largest_slope = 0.03, largest_offset = 1.5;

struct Place {
  double offset = 0.0, at_far = 0.0;
};

Place best_on_grid(const Total& total) {
  constexpr double step = 0.5;
  const double to_far = total.far() * largest_slope;
  Place best;
  double highest = 0.0;
  for (double offset = -largest_offset; offset <= largest_offset; offset += step)
    for (double at_far = -to_far; at_far <= to_far; at_far += step)
      if (const double value = total(offset, at_far); value > highest)
        highest = value, best = {offset, at_far};
  return best;
}

// One Newton step; the matrix of second derivatives there, or nothing where there is no summit.
std::optional<Eigen::Matrix2d> approach_summit(const Total& total, Place& place) {
  constexpr double d = derivative_step;
  const auto at = [&](double i, double j) {
    return total(place.offset + i * d, place.at_far + j * d);
  };
  const double centre = at(0, 0), right = at(1, 0), left = at(-1, 0), up = at(0, 1),
               down = at(0, -1);
  Eigen::Matrix2d second;
  second(0, 0) = (right - 2.0 * centre + left) / (d * d);
  second(1, 1) = (up - 2.0 * centre + down) / (d * d);
  second(0, 1) = second(1, 0) = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4.0 * d * d);
  if (second(0, 0) >= 0.0 || second.determinant() <= 0.0) return {};
  const Eigen::Vector2d slope((right - left) / (2.0 * d), (up - down) / (2.0 * d));
  const Eigen::Vector2d step = second.inverse() * slope;
  place.offset -= step[0], place.at_far -= step[1];
  return second;
}

// What chance does to the products: their variance, and the covariance of their derivatives.
struct Chance {
  double variance = 0.0;
  Eigen::Matrix2d slopes = Eigen::Matrix2d::Zero();
};

// As it is seen beyond `near`.
Chance chance(const Products& sums) {
  constexpr double d = derivative_step;
  Chance result;
  for (std::size_t s = 0; s < n_strips; ++s) {
    double slopes = 0.0, values = 0.0, count = 0.0;
    for (int lag = near + 1; lag < reach; ++lag)
      for (const double at : {-1.0 * lag, 1.0 * lag}) {
        slopes += std::pow((at_lag(sums[s], at + d) - at_lag(sums[s], at - d)) / (2.0 * d), 2);
        values += std::pow(at_lag(sums[s], at), 2);
        count += 1.0;
      }
    const Eigen::Vector2d of_strip(1.0, Total::share(s));
    result.slopes += slopes / count * of_strip * of_strip.transpose();
    result.variance += values / count;
  }
  return result;
}

struct Fit {
  double slope = 0.0, error = 0.0;  // error 0: nothing is found
};

// The slope for which the products are largest, and how far chance moves it.
Fit fit(const Products& sums, int n) {
  constexpr double certain = 6.0, margin = 0.5;
  constexpr int newton_steps = 4;
  const Total total(sums, n);
  Place place = best_on_grid(total);
  std::optional<Eigen::Matrix2d> second;
  for (int step = 0; step < newton_steps; ++step)
    if (second = approach_summit(total, place); !second) return {};
  const Chance by_chance = chance(sums);
  if (std::abs(place.offset) > largest_offset + margin ||
      std::abs(place.at_far) > total.far() * largest_slope + margin ||
      total(place.offset, place.at_far) < certain * std::sqrt(by_chance.variance))
    return {};
  const Eigen::Matrix2d inverse = second->inverse();
  const Eigen::Matrix2d covariance = inverse * by_chance.slopes * inverse;
  return {place.at_far / total.far(), std::sqrt(covariance(1, 1)) / total.far()};
}

// Of each view with those around it that have larger angles.
std::vector<std::vector<Products>> products_of_pairs(const Views& views) {
  const std::size_t n = views.tilts.size();
  std::vector<std::vector<Products>> pairs(n);
  parallel_for(static_cast<int>(n), [&](int i) {
    const auto a = static_cast<std::size_t>(i);
    for (std::size_t b = a + 1; b < std::min(a + around + 1, n); ++b)
      pairs[a].push_back(products(views.pictures[a], views.pictures[b]));
  });
  return pairs;
}

// Of all pairs with the step from view `last` to the next between them.
Products sum_across(const std::vector<std::vector<Products>>& pairs, std::size_t last) {
  Products sums{};
  for (std::size_t a = last + 1 - std::min(last + 1, around); a <= last; ++a)
    for (std::size_t b = last + 1; b < std::min(a + around + 1, pairs.size()); ++b)
      for (std::size_t s = 0; s < n_strips; ++s)
        for (std::size_t l = 0; l < n_lags; ++l) sums[s][l] += pairs[a][b - a - 1][s][l];
  return sums;
}

// Their errors are those of chance.
std::vector<ScaleStep> all_steps(const Views& views) {
  const auto pairs = products_of_pairs(views);
  std::vector<ScaleStep> steps;
  for (std::size_t last = 0; last + 1 < views.tilts.size(); ++last) {
    const Fit found = fit(sum_across(pairs, last), views.pictures.front().ny());
    if (found.error > 0.0)
      steps.push_back({views.tilts[last], views.tilts[last + 1], found.slope, found.error});
  }
  return steps;
}

bool is_remarkable(const ScaleStep& step, double error) {
  constexpr double least = 0.005, certain = 5.0;
  return std::abs(step.change) > std::max(least, certain * error);
}

// A step shows between the tilts around it, too: only the largest of them is one.
std::vector<ScaleStep> remarkable(const std::vector<ScaleStep>& steps) {
  std::vector<ScaleStep> result;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto first = steps.begin() + static_cast<std::ptrdiff_t>(i - std::min(i, around)),
               end = steps.begin() +
                     static_cast<std::ptrdiff_t>(std::min(i + around + 1, steps.size()));
    const auto largest = std::max_element(first, end, [](const ScaleStep& a, const ScaleStep& b) {
      return std::abs(a.change) < std::abs(b.change);
    });
    if (&*largest == &steps[i] && is_remarkable(steps[i], steps[i].error))
      result.push_back(steps[i]);
  }
  return result;
}

// What steps scatter by beyond chance, as specimens move and magnifications vary: a variance.
double scatter_of(const std::vector<ScaleStep>& steps) {
  constexpr double least = 3e-4;
  double excess = 0.0;
  for (const ScaleStep& step : steps)
    excess +=
        (step.change * step.change - step.error * step.error) / static_cast<double>(steps.size());
  return std::max(least * least, excess);
}

// Where there is one already, the new one is what was left of it.
void add(const ScaleStep& step, std::vector<ScaleStep>& steps) {
  const auto same = std::find_if(steps.begin(), steps.end(),
                                 [&](const ScaleStep& s) { return s.from == step.from; });
  if (same == steps.end())
    steps.push_back(step);
  else
    same->change += step.change, same->error = step.error;
}

}  // namespace

std::vector<ScaleStep> scale_steps(const Stack& stack, std::vector<Projection> projections,
                                   const std::vector<bool>& used) {
  constexpr int rounds = 3;  // of jumps: behind large ones smaller ones appear
  std::vector<ScaleStep> found, rest;
  for (int round = 0; round < rounds; ++round) {
    rest = all_steps(views_of(stack, projections, used));
    const auto more = remarkable(rest);
    if (more.empty()) break;
    projections = rescaled(std::move(projections), more);
    for (const ScaleStep& step : more) add(step, found);
  }
  const double scatter = scatter_of(rest);
  for (ScaleStep& step : found) step.error = std::sqrt(step.error * step.error + scatter);
  std::erase_if(found, [](const ScaleStep& step) { return !is_remarkable(step, step.error); });
  return found;
}

std::vector<Projection> rescaled(std::vector<Projection> projections,
                                 const std::vector<ScaleStep>& steps) {
  const auto angle = [&](int t) { return projections[static_cast<std::size_t>(t)].y_tilt_deg; };
  for (const ScaleStep& step : steps) {
    const double border_deg = 0.5 * (angle(step.from) + angle(step.to));
    for (Projection& p : projections) {
      if (border_deg > 0.0 && p.y_tilt_deg > border_deg) p.magnification *= 1.0 + step.change;
      if (border_deg <= 0.0 && p.y_tilt_deg < border_deg) p.magnification /= 1.0 + step.change;
    }
  }
  return projections;
}

}  // namespace gimbal::tilt
