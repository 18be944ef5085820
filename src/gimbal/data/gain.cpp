// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/gain.h"

#include "gimbal/core/text.h"

#include <cmath>
#include <cstddef>
#include <string>

namespace gimbal {
namespace {

// Movie pixels per gain pixel and side: 1, 2, 4, or -2 for a gain with twice the movie's pixels.
// 0: does not fit.
int sampling(Size2 gain, Size2 movie) {
  if (gain.nx <= 0 || gain.ny <= 0) return 0;
  for (const int factor : {1, 2, 4})
    if (movie == Size2{gain.nx * factor, gain.ny * factor}) return factor;
  return gain == Size2{movie.nx * 2, movie.ny * 2} ? -2 : 0;
}

[[noreturn]] void fail_size(Size2 stored, GainOrientation orientation, Size2 movie) {
  const bool turned_fits = gain_fits(stored, {(orientation.rotation + 1) % 4, 0}, movie);
  const std::string advice =
      turned_fits ? fmt::format("it fits with --gain_rot {} or {} (or auto)",
                                orientation.rotation % 2 == 0 ? 1 : 0,
                                orientation.rotation % 2 == 0 ? 3 : 2)
                  : std::string(
                        "no rotation makes it fit: check that it belongs to these movies, and that "
                        "both are counting or both super-resolution images");
  fail(
      "the gain has {} x {} pixels as stored, {} x {} after --gain_rot {}, but the movies have "
      "{} x {}; {}",
      stored.nx, stored.ny, oriented(stored, orientation).nx, oriented(stored, orientation).ny,
      orientation.rotation, movie.nx, movie.ny, advice);
}

std::size_t zero_bad_values(Image<float>& values) {
  std::size_t n_bad = 0;
  for (int y = 0; y < values.ny(); ++y) {
    for (float& v : values.view().row_span(y)) {
      if (std::isfinite(v) && v >= 0.0F) continue;
      v = 0.0F;
      ++n_bad;
    }
  }
  return n_bad;
}

Image<float> replicated(View<const float> in, int factor) {
  Image<float> out(in.nx() * factor, in.ny() * factor, Image<float>::Uninitialized{});
  for (int y = 0; y < out.ny(); ++y) {
    const float* row = in.row(y / factor);
    for (int x = 0; x < out.nx(); ++x) out(x, y) = row[x / factor];
  }
  return out;
}

// Factors: the mean of 2x2, zero when one of them is zero. Sensitivities add up like counts.
Image<float> halved(View<const float> in, GainKind kind) {
  Image<float> out(in.nx() / 2, in.ny() / 2, Image<float>::Uninitialized{});
  for (int y = 0; y < out.ny(); ++y) {
    const float *a = in.row(2 * y), *b = in.row(2 * y + 1);
    for (int x = 0; x < out.nx(); ++x, a += 2, b += 2) {
      const float sum = (a[0] + a[1]) + (b[0] + b[1]);
      const bool whole = a[0] > 0 && a[1] > 0 && b[0] > 0 && b[1] > 0;
      out(x, y) = kind == GainKind::sensitivity ? sum : whole ? 0.25F * sum : 0.0F;
    }
  }
  return out;
}

double mean_above_zero(View<const float> values) {
  double sum = 0.0;
  std::size_t n = 0;
  for (int y = 0; y < values.ny(); ++y) {
    for (const float v : values.row_span(y)) {
      sum += static_cast<double>(v);
      n += v > 0.0F ? 1U : 0U;
    }
  }
  if (n == 0) fail("the gain has no pixel above zero: it is not a gain reference");
  return sum / static_cast<double>(n);
}

void invert(Image<float>& sensitivity, double mean) {
  for (int y = 0; y < sensitivity.ny(); ++y)
    for (float& v : sensitivity.view().row_span(y))
      v = v > 0.0F ? static_cast<float>(mean / static_cast<double>(v)) : 0.0F;
}

std::size_t count_zeros(View<const float> values) {
  std::size_t n = 0;
  for (int y = 0; y < values.ny(); ++y)
    for (const float v : values.row_span(y)) n += v == 0.0F ? 1U : 0U;
  return n;
}

void report_zeros(GainReference& gain, std::size_t n_invalid) {
  const std::size_t n_zero = count_zeros(gain.factors);
  if (n_zero == 0) return;
  const double percent =
      100.0 * static_cast<double>(n_zero) / static_cast<double>(gain.factors.count());
  const std::string repaired =
      n_invalid == 0 ? std::string()
                     : fmt::format(" ({} stored values were NaN, infinite or negative)", n_invalid);
  const bool many = percent > 1.0;
  gain.findings.push_back({many || n_invalid > 0 ? Severity::warning : Severity::note,
                           many ? Defect::inconsistent : Defect::none,
                           fmt::format("{} pixels ({:.3g} %) are zero in the gain and are treated "
                                       "as defects{}",
                                       n_zero, percent, repaired)});
}

}  // namespace

GainKind gain_kind(const std::filesystem::path& path, bool eer) {
  return eer && !iequals(path.extension().string(), ".gain") ? GainKind::sensitivity
                                                             : GainKind::factors;
}

bool gain_fits(Size2 stored, GainOrientation orientation, Size2 movie_size) {
  return sampling(oriented(stored, orientation), movie_size) != 0;
}

GainReference fit_gain(const StoredGain& gain, GainOrientation orientation, Size2 movie_size) {
  check(orientation);
  const int factor = sampling(oriented(gain.values.size(), orientation), movie_size);
  if (factor == 0) fail_size(gain.values.size(), orientation, movie_size);
  GainReference result;
  result.factors = oriented(gain.values, orientation);
  const std::size_t n_invalid = zero_bad_values(result.factors);
  if (factor > 1) result.factors = replicated(result.factors, factor);
  if (factor < 0) result.factors = halved(result.factors, gain.kind);
  const double mean = mean_above_zero(result.factors);
  if (gain.kind == GainKind::sensitivity) invert(result.factors, mean);
  if (factor != 1)
    result.findings.push_back(
        {Severity::note, Defect::none,
         fmt::format("the gain was adapted to the movies' sampling: {}",
                     factor < 0 ? std::string("2 x 2 of its pixels make one of the movie")
                                : fmt::format("each of its pixels covers {0} x {0} of the movie",
                                              factor))});
  report_zeros(result, n_invalid);
  return result;
}

}  // namespace gimbal
