// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/fixed_pattern.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace gimbal {
namespace {

constexpr double sure = 6.0;             // standard errors
constexpr double least_agreement = 0.2;  // of a gain that was measured a while ago, or is noisy
constexpr double least_rms = 0.005;      // below, the movies count as corrected
constexpr float clip_deviations = 5.0F;  // hot pixels and bead edges must not decide
constexpr int mean_px = 32;              // blocks of the local mean

// Without the uppermost 2 %: hot pixels.
double block_mean(View<const float> image) {
  std::vector<float> values;
  values.reserve(image.count());
  for (int y = 0; y < image.ny(); ++y)
    for (const float v : image.row_span(y))
      if (v > 0.0F && std::isfinite(v)) values.push_back(v);
  const std::size_t n = values.size() - values.size() / 50;
  if (n == 0) return 0.0;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n - 1),
                   values.end());
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(values[i]);
  return sum / static_cast<double>(n);
}

// Relative to the local mean; pixels without a value are 1: they say nothing.
Image<float> relative(View<const float> image) {
  Image<float> out(image.nx(), image.ny());
  parallel_blocks(image.ny(), mean_px, [&](int y0, int y1) {
    for (int x0 = 0; x0 < image.nx(); x0 += mean_px) {
      const int x1 = std::min(image.nx(), x0 + mean_px);
      const double mean = block_mean(image.part(x0, y0, x1 - x0, y1 - y0));
      const float factor = mean > 0.0 ? static_cast<float>(1.0 / mean) : 0.0F;
      for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) {
          const float v = image(x, y);
          out(x, y) = factor > 0.0F && std::isfinite(v) ? v * factor : 1.0F;
        }
    }
  });
  return out;
}

// Cuts values to +-5 deviations; the deviation comes from the 95 % quantile of the sizes in a
// sample.
void clip(Image<float>& image) {
  constexpr std::size_t sample_size = 100000;
  const auto step = static_cast<int>(1 + image.count() / sample_size);
  std::vector<float> sizes;
  for (int y = 0; y < image.ny(); ++y)
    for (int x = y % step; x < image.nx(); x += step) sizes.push_back(std::abs(image(x, y)));
  if (sizes.empty()) return;
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() * 19 / 20);
  std::nth_element(sizes.begin(), at, sizes.end());
  const float limit = *at / 1.96F * clip_deviations;
  if (limit <= 0.0F) return;
  parallel_for(image.ny(), [&](int y) {
    for (float& v : image.view().row_span(y)) v = std::clamp(v, -limit, limit);
  });
}

// What a pixel differs from its four neighbours. Zero at the edge.
Image<float> against_neighbours(View<const float> in) {
  Image<float> out(in.nx(), in.ny());
  parallel_for(in.ny(), [&](int y) {
    if (y == 0 || y == in.ny() - 1) return;
    const float *below = in.row(y - 1), *row = in.row(y), *above = in.row(y + 1);
    for (int x = 1; x < in.nx() - 1; ++x)
      out(x, y) = row[x] - 0.25F * ((row[x - 1] + row[x + 1]) + (below[x] + above[x]));
  });
  clip(out);
  return out;
}

// Second differences along x and y; white noise keeps its variance.
Image<float> nyquist_corner(View<const float> in) {
  Image<float> out(in.nx(), in.ny());
  parallel_for(in.ny(), [&](int y) {
    if (y == 0 || y == in.ny() - 1) return;
    const float *below = in.row(y - 1), *row = in.row(y), *above = in.row(y + 1);
    const auto column = [&](int x) { return (below[x] + above[x]) - 2.0F * row[x]; };
    for (int x = 1; x < in.nx() - 1; ++x)
      out(x, y) = ((column(x - 1) + column(x + 1)) - 2.0F * column(x)) * (1.0F / 6.0F);
  });
  clip(out);
  return out;
}

// Sums of products over blocks, row by row of blocks.
struct Products {
  double xy = 0.0;
  double xx = 0.0;
};
std::vector<Products> block_products(View<const float> x_image, View<const float> y_image,
                                     int block) {
  const int n_x = std::max(1, x_image.nx() / block), n_y = std::max(1, x_image.ny() / block);
  std::vector<Products> all(static_cast<std::size_t>(n_x) * static_cast<std::size_t>(n_y));
  parallel_for(n_y, [&](int by) {
    for (int bx = 0; bx < n_x; ++bx) {
      Products& p = all[static_cast<std::size_t>(by) * static_cast<std::size_t>(n_x) +
                        static_cast<std::size_t>(bx)];
      for (int y = by * block; y < std::min(x_image.ny(), (by + 1) * block); ++y) {
        float xy = 0.0F, xx = 0.0F;
        for (int x = bx * block; x < std::min(x_image.nx(), (bx + 1) * block); ++x) {
          xy += x_image(x, y) * y_image(x, y);
          xx += x_image(x, y) * x_image(x, y);
        }
        p.xy += static_cast<double>(xy);
        p.xx += static_cast<double>(xx);
      }
    }
  });
  return all;
}

// At least 8 x 8 blocks where the image allows blocks of 8 px.
int block_size(Size2 size) {
  return std::clamp(std::min(size.nx, size.ny) / 8, 8, 64);
}

struct Slope {
  double value = 0.0;
  double error = 0.0;
};

// Slope of y against x through zero, with an error from the scatter between blocks.
std::optional<Slope> slope(View<const float> x_image, View<const float> y_image) {
  const auto blocks = block_products(x_image, y_image, block_size(x_image.size()));
  Products total;
  for (const Products& p : blocks) total = {total.xy + p.xy, total.xx + p.xx};
  if (total.xx <= 0.0 || blocks.size() < 4) return std::nullopt;
  const double value = total.xy / total.xx;
  double scatter = 0.0;
  for (const Products& p : blocks) scatter += (p.xy - value * p.xx) * (p.xy - value * p.xx);
  return Slope{value, std::max(std::sqrt(scatter) / total.xx, 1e-12)};
}

// Pattern of sensitivity that a gain corrects.
Image<float> sensitivity_pattern(const Image<float>& factors) {
  Image<float> sensitivity(factors.nx(), factors.ny());
  for (int y = 0; y < factors.ny(); ++y)
    for (int x = 0; x < factors.nx(); ++x)
      sensitivity(x, y) = factors(x, y) > 0.0F ? 1.0F / factors(x, y) : 0.0F;
  Image<float> flat = relative(sensitivity);
  for (int y = 0; y < flat.ny(); ++y)
    for (float& v : flat.view().row_span(y))
      if (v == 0.0F) v = 1.0F;
  return against_neighbours(flat);
}

struct Candidate {
  GainOrientation orientation;
  Slope slope;
};

std::vector<Candidate> candidates(const StoredGain& gain, View<const float> average) {
  std::array<Image<float>, 2> patterns;  // for even and odd rotations, not turned
  const Image<float> observed = against_neighbours(relative(average));
  std::vector<Candidate> all;
  for (const GainOrientation o : all_gain_orientations) {
    if (!gain_fits(gain.values.size(), o, average.size())) continue;
    Image<float>& pattern = patterns[static_cast<std::size_t>(o.rotation % 2)];
    // Turning comes last, so the gain has to fit the movie turned the other way.
    if (pattern.empty())
      pattern = sensitivity_pattern(
          fit_gain(gain, {0, 0}, oriented(average.size(), {o.rotation % 2, 0})).factors);
    if (const auto s = slope(oriented(pattern, o), observed)) all.push_back({o, *s});
  }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.slope.value > b.slope.value;
  });
  return all;
}

double significance(const Slope& s) {
  return s.value / s.error;
}
double lead(const Slope& a, const Slope& b) {
  return (a.value - b.value) / std::hypot(a.error, b.error);
}

bool is_inverted(const std::vector<Candidate>& sorted) {
  const Slope& least = sorted.back().slope;
  return least.value < -least_agreement && -significance(least) > sure &&
         std::abs(least.value) > std::abs(sorted.front().slope.value);
}

// Every orientation is known to show less of the pattern than a fitting gain would.
bool nothing_fits(const std::vector<Candidate>& sorted) {
  return std::all_of(sorted.begin(), sorted.end(), [](const Candidate& c) {
    return c.slope.value + 3.0 * c.slope.error < least_agreement;
  });
}

}  // namespace

GainGuess guess_gain_orientation(const StoredGain& gain, View<const float> raw_average) {
  const auto sorted = candidates(gain, raw_average);
  GainGuess guess;
  if (sorted.empty()) {
    const bool any = std::any_of(
        all_gain_orientations.begin(), all_gain_orientations.end(),
        [&](GainOrientation o) { return gain_fits(gain.values.size(), o, raw_average.size()); });
    if (!any) fit_gain(gain, {0, 0}, raw_average.size());  // says what is wrong with the size
    guess.explanation =
        "the gain shows no pattern from pixel to pixel, so its orientation cannot "
        "be told and hardly matters";
    return guess;
  }
  const Candidate& best = sorted.front();
  guess.orientation = best.orientation;
  guess.agreement = best.slope.value;
  guess.agreement_error = best.slope.error;
  guess.confidence =
      sorted.size() > 1 ? lead(best.slope, sorted[1].slope) : significance(best.slope);
  const std::string found =
      fmt::format("{} explains {:.2f} +- {:.2g} of the gain's pattern in the movies (1 expected)",
                  option_text(best.orientation), best.slope.value, best.slope.error);
  if (is_inverted(sorted)) {
    guess.explanation = fmt::format(
        "the movies are bright where the gain is bright ({} at {:.2f} +- {:.2g}): the file holds "
        "the detector's sensitivity, not factors to multiply with; invert it (1 / value)",
        option_text(sorted.back().orientation), sorted.back().slope.value,
        sorted.back().slope.error);
  } else if (nothing_fits(sorted)) {
    guess.verdict = GainVerdict::already_corrected;
    guess.explanation = fmt::format(
        "the gain's pattern is in the movies in no orientation (best: {}): they are gain-corrected "
        "already, or the gain belongs to another detector; run without --gainref",
        found);
  } else if (significance(best.slope) < sure || best.slope.value < least_agreement) {
    guess.explanation = fmt::format(
        "too few counts to tell the gain's orientation (best: {}); "
        "average more frames or movies, or give --gain_rot",
        found);
  } else if (guess.confidence < sure) {
    guess.explanation = fmt::format(
        "the gain's pattern is too symmetric to tell {} from {} ({:.1f} standard errors apart)",
        option_text(best.orientation), option_text(sorted[1].orientation), guess.confidence);
  } else {
    guess.verdict = GainVerdict::decided;
    guess.explanation =
        fmt::format("{}, {:.0f} standard errors ahead of the next", found, guess.confidence);
  }
  return guess;
}

FixedPattern find_fixed_pattern(View<const float> even_average, View<const float> odd_average) {
  if (even_average.size() != odd_average.size())
    fail("two averages of {} x {} and {} x {} pixels cannot be compared", even_average.nx(),
         even_average.ny(), odd_average.nx(), odd_average.ny());
  FixedPattern result;
  result.rms_limit = 1.0;
  result.explanation = "the frames are too small to look for a fixed pattern";
  const int block = block_size(even_average.size());
  if (even_average.nx() < 4 * block || even_average.ny() < 4 * block) return result;
  const auto blocks = block_products(nyquist_corner(relative(even_average)),
                                     nyquist_corner(relative(odd_average)), block);
  // Covariance in each block; the median passes over blocks with beads or other sharp edges.
  std::vector<double> covariance;
  for (const Products& p : blocks)
    covariance.push_back(p.xy / (static_cast<double>(block) * block));
  const auto median = [](std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  const double middle = median(covariance);
  for (double& c : covariance) c = std::abs(c - middle);
  const double error =
      1.2533 * 1.4826 * median(covariance) / std::sqrt(static_cast<double>(covariance.size()));
  result.rms = std::sqrt(std::max(0.0, middle));
  result.rms_limit = std::max(least_rms, std::sqrt(sure * error));
  result.found = middle > sure * error && result.rms > least_rms;
  result.explanation =
      result.found ? fmt::format(
                         "a fixed pattern of {:.1f} % rms from pixel to pixel is the same in even "
                         "and odd frames: the movies look uncorrected; give their gain reference "
                         "(--gainref)",
                         100.0 * result.rms)
                   : fmt::format("no fixed pattern above {:.1f} % rms", 100.0 * result.rms_limit);
  return result;
}

}  // namespace gimbal
