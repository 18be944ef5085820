// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bad_tilts.h"

#include "gimbal/core/median.h"
#include "gimbal/core/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace gimbal::tilt {
namespace {

void exclude(AlignedTilt& tilt, std::string reason) {
  tilt.state = TiltState::excluded;
  tilt.reason = std::move(reason);
}

bool is_used(const AlignedTilt& tilt) {
  return tilt.state == TiltState::used;
}

bool has_image(const StackTilt& tilt) {
  return !tilt.image.empty();
}

// How far the beam goes through the specimen, in units of its thickness.
double path_at(double angle_deg) {
  return 1.0 / std::cos(rad_from_deg(std::min(std::abs(angle_deg), 80.0)));
}

// What images should have by those that are used: the median of the (at most eight) nearest in
// angle, each carried over to this angle by Lambert and Beer's law. The thickness, in mean free
// paths, is the median of what pairs of tilts of one side say (thick specimens lose far more light
// from tilt to tilt at high angles than others; lamellae do so on one side above all).
class ExpectedMeans {
 public:
  ExpectedMeans(const Stack& stack, const Alignment& alignment) : stack_(stack) {
    for (std::size_t i = 0; i < stack.tilts.size(); ++i)
      if (is_used(alignment.tilts[i]) && has_image(stack.tilts[i])) used_.push_back(i);
    below_ = thickness([](double angle_deg) { return angle_deg < 1.0; });
    above_ = thickness([](double angle_deg) { return angle_deg > -1.0; });
  }

  double of(std::size_t tilt) const {
    const double angle_deg = stack_.tilts[tilt].nominal_tilt_deg;
    const double thickness = angle_deg < 0.0 ? below_ : above_;
    std::vector<std::pair<double, double>> others;
    for (const std::size_t i : used_) {
      const double other_deg = stack_.tilts[i].nominal_tilt_deg;
      if (i != tilt)
        others.emplace_back(
            std::abs(other_deg - angle_deg),
            stack_.tilts[i].mean * std::exp(thickness * (path_at(other_deg) - path_at(angle_deg))));
    }
    std::sort(others.begin(), others.end());
    if (others.size() > 8) others.resize(8);
    std::vector<double> means;
    for (const auto& other : others) means.push_back(other.second);
    return median(means);
  }

 private:
  template <typename Wanted>
  double thickness(const Wanted& wanted) const {
    constexpr double least_difference = 0.02;  // of paths
    constexpr double largest = 3.0;
    constexpr std::size_t enough_pairs = 10;  // of five tilts
    std::vector<double> values;
    for (const std::size_t i : used_)
      for (const std::size_t j : used_) {
        const StackTilt &a = stack_.tilts[i], &b = stack_.tilts[j];
        const double further = path_at(b.nominal_tilt_deg) - path_at(a.nominal_tilt_deg);
        if (further > least_difference && a.mean > 0.0 && b.mean > 0.0 &&
            wanted(a.nominal_tilt_deg) && wanted(b.nominal_tilt_deg))
          values.push_back(std::log(a.mean / b.mean) / further);
      }
    return values.size() < enough_pairs ? 0.0 : std::clamp(median(values), 0.0, largest);
  }

  const Stack& stack_;
  std::vector<std::size_t> used_;
  double below_ = 0.0, above_ = 0.0;  // 0 degrees
};

// Share of the field that is darker than half of what its bright part has.
double shadow_share(const StackTilt& tilt) {
  const auto means = field_means(tilt);
  if (means.empty()) return 0.0;
  auto sorted = means;
  std::sort(sorted.begin(), sorted.end());
  const double bright = sorted[sorted.size() * 9 / 10];
  const auto dark =
      std::count_if(means.begin(), means.end(), [&](double mean) { return mean < 0.5 * bright; });
  return static_cast<double>(dark) / static_cast<double>(means.size());
}

void exclude_unusable(const Stack& stack, Alignment& alignment) {
  for (std::size_t i = 0; i < stack.tilts.size(); ++i) {
    const StackTilt& tilt = stack.tilts[i];
    if (!is_used(alignment.tilts[i])) continue;
    if (tilt.image.empty())
      exclude(alignment.tilts[i], tilt.problem.empty() ? "it has no image" : tilt.problem);
    else if (!(tilt.deviation > 0.0))
      exclude(alignment.tilts[i],
              fmt::format("its image is blank: every pixel is {:g}", tilt.mean));
  }
}

// Of the tilts that are used and have an image.
std::vector<double> used_means(const Stack& stack, const Alignment& alignment) {
  std::vector<double> means;
  for (std::size_t i = 0; i < stack.tilts.size(); ++i)
    if (is_used(alignment.tilts[i]) && has_image(stack.tilts[i]))
      means.push_back(stack.tilts[i].mean);
  return means;
}

bool keep_brightness(const std::vector<double>& means) {
  return std::all_of(means.begin(), means.end(), [](double m) { return m > 0.0; });
}

void exclude_by_brightness(const Stack& stack, Alignment& alignment, const BadTiltLimits& limits) {
  const auto means = used_means(stack, alignment);
  const double usual = median(means);
  if (means.size() < 5 || !keep_brightness(means)) return;
  std::vector<double> shadows(stack.tilts.size());
  std::vector<double> used_shadows;
  for (std::size_t i = 0; i < stack.tilts.size(); ++i) {
    if (!is_used(alignment.tilts[i]) || !has_image(stack.tilts[i])) continue;
    shadows[i] = shadow_share(stack.tilts[i]);
    used_shadows.push_back(shadows[i]);
  }
  const double usual_shadow = median(used_shadows);  // dark-field images are mostly dark
  const ExpectedMeans expected_means(stack, alignment);
  for (std::size_t i = 0; i < stack.tilts.size(); ++i) {
    if (!is_used(alignment.tilts[i]) || !has_image(stack.tilts[i])) continue;
    const double expected = expected_means.of(i), mean = stack.tilts[i].mean;
    if (mean < limits.dark * expected && mean < limits.dark * usual)
      exclude(alignment.tilts[i],
              fmt::format("it is dark: {:.0f} % of the brightness that its neighbours let expect",
                          100.0 * mean / expected));
    else if (limits.bright > 0.0 && mean > limits.bright * expected && mean > limits.bright * usual)
      exclude(alignment.tilts[i],
              fmt::format("it is {:.1f} times as bright as its neighbours let expect",
                          mean / expected));
    else if (limits.shadow > 0.0 && shadows[i] > limits.shadow &&
             shadows[i] > usual_shadow + 0.6 * limits.shadow)
      exclude(alignment.tilts[i],
              fmt::format("{:.0f} % of it lie in a shadow", 100.0 * shadows[i]));
  }
}

void exclude_repeated(const Stack& stack, Alignment& alignment) {
  for (std::size_t i = 0; i < stack.tilts.size(); ++i)
    for (std::size_t j = 0; j < stack.tilts.size(); ++j) {
      const StackTilt &first = stack.tilts[i], &second = stack.tilts[j];
      if (i == j || !is_used(alignment.tilts[i]) || !is_used(alignment.tilts[j])) continue;
      if (std::abs(first.nominal_tilt_deg - second.nominal_tilt_deg) > 0.05) continue;
      const bool later = second.pre_exposure_e_A2 > first.pre_exposure_e_A2 ||
                         (second.pre_exposure_e_A2 == first.pre_exposure_e_A2 && j > i);
      if (later)
        exclude(alignment.tilts[j], fmt::format("its angle, {:.2f} degrees, was taken before in {}",
                                                second.nominal_tilt_deg, first.key));
    }
}

}  // namespace

void exclude_bad_tilts(const Stack& stack, Alignment& alignment, const BadTiltLimits& limits) {
  if (limits.without_image) exclude_unusable(stack, alignment);
  exclude_by_brightness(stack, alignment, limits);
  if (limits.repeated) exclude_repeated(stack, alignment);
}

std::vector<TiltLight> light_of(const Stack& stack, const Alignment& alignment) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const bool is_kept = keep_brightness(used_means(stack, alignment));
  std::vector<TiltLight> light(stack.tilts.size(), {unknown, unknown});
  const ExpectedMeans expected_means(stack, alignment);
  for (std::size_t i = 0; i < light.size() && is_kept; ++i) {
    if (!has_image(stack.tilts[i])) continue;
    const double expected = expected_means.of(i);
    light[i] = {expected > 0.0 ? stack.tilts[i].mean / expected : unknown,
                shadow_share(stack.tilts[i])};
  }
  return light;
}

}  // namespace gimbal::tilt
