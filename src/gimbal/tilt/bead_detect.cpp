// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_detect.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parabola.h"
#include "gimbal/core/parallel.h"
#include "gimbal/num/fft.h"
#include "gimbal/tilt/bead_fit.h"
#include "gimbal/tilt/bead_size.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr double small_diameter_px = 6.0;  // of a bead where candidates are looked for
constexpr double least_match = 0.35, least_signal = 6.0;

// Template and window, centred on pixel (0, 0) of a periodic image.
struct RealKernel {
  Image<float> bead, window;
  double count = 0.0;
};

RealKernel make_kernel(Size2 size, Vec2 scale, const BeadProfile& profile) {
  RealKernel kernel{Image<float>(size.nx, size.ny), Image<float>(size.nx, size.ny)};
  const double reach = std::min(profile.reach_px(), 0.85 * profile.diameter_px());
  const int rx = static_cast<int>(reach / scale.x), ry = static_cast<int>(reach / scale.y);
  double sum = 0.0, squares = 0.0;
  const auto visit = [&](const auto& body) {
    for (int y = -ry; y <= ry; ++y)
      for (int x = -rx; x <= rx; ++x) {
        const double r = std::hypot(x * scale.x, y * scale.y);
        if (r < reach && std::abs(x) < size.nx / 2 && std::abs(y) < size.ny / 2)
          body((x + size.nx) % size.nx, (y + size.ny) % size.ny, r);
      }
  };
  visit([&](int x, int y, double r) {
    kernel.window(x, y) = 1.0F;
    kernel.bead(x, y) = static_cast<float>(profile.at(r).value);
    sum += profile.at(r).value;
    kernel.count += 1.0;
  });
  visit([&](int x, int y, double) {
    const double value = static_cast<double>(kernel.bead(x, y)) - sum / kernel.count;
    kernel.bead(x, y) = static_cast<float>(value);
    squares += value * value;
  });
  visit([&](int x, int y, double) {
    kernel.bead(x, y) =
        static_cast<float>(static_cast<double>(kernel.bead(x, y)) / std::sqrt(squares));
  });
  return kernel;
}

struct Maps {
  Image<float> signal, match;
};

Image<cfloat> transform(const Fft2d& fft, View<const float> image) {
  Image<cfloat> out(fft.spectrum_size().nx, fft.spectrum_size().ny, Image<cfloat>::Uninitialized{});
  fft.forward(image, out);
  return out;
}

Maps correlate(View<const float> image, const CandidateFinder::Kernel& kernel, const Fft2d& fft) {
  const Size2 size = image.size(), half = fft.spectrum_size();
  const float scale = 1.0F / static_cast<float>(image.count());
  const auto correlation = [&](const Image<cfloat>& of, const Image<cfloat>& with) {
    Image<cfloat> product(half.nx, half.ny, Image<cfloat>::Uninitialized{});
    for (int y = 0; y < half.ny; ++y)
      for (int x = 0; x < half.nx; ++x) product(x, y) = scale * of(x, y) * std::conj(with(x, y));
    Image<float> result(size.nx, size.ny, Image<float>::Uninitialized{});
    fft.backward(product, result);
    return result;
  };
  Image<float> squared(size.nx, size.ny);
  for (int y = 0; y < size.ny; ++y)
    for (int x = 0; x < size.nx; ++x) squared(x, y) = image(x, y) * image(x, y);
  const Image<cfloat> plain = transform(fft, image), squares = transform(fft, squared);
  Maps maps{correlation(plain, kernel.bead), Image<float>(size.nx, size.ny)};
  const Image<float> sum = correlation(plain, kernel.window),
                     sum2 = correlation(squares, kernel.window);
  for (int y = 0; y < size.ny; ++y)
    for (int x = 0; x < size.nx; ++x) {
      const double s = static_cast<double>(sum(x, y));
      const double spread = static_cast<double>(sum2(x, y)) - s * s / kernel.count;
      maps.match(x, y) = static_cast<float>(static_cast<double>(maps.signal(x, y)) /
                                            std::sqrt(std::max(spread, 0.2 * kernel.count)));
    }
  return maps;
}

bool is_peak(View<const float> map, int x, int y) {
  const float here = map(x, y);
  for (int j = std::max(0, y - 1); j <= std::min(map.ny() - 1, y + 1); ++j)
    for (int i = std::max(0, x - 1); i <= std::min(map.nx() - 1, x + 1); ++i)
      if (map(i, j) > here || (map(i, j) == here && (j < y || (j == y && i < x)))) return false;
  return true;
}

Vec2 peak_position(View<const float> map, int x, int y) {
  const auto at = [&](int i, int j) {
    return static_cast<double>(map(std::clamp(i, 0, map.nx() - 1), std::clamp(j, 0, map.ny() - 1)));
  };
  return {x + parabola_vertex(at(x - 1, y), at(x, y), at(x + 1, y)),
          y + parabola_vertex(at(x, y - 1), at(x, y), at(x, y + 1))};
}

Vec2 scale_of(Size2 size, Size2 small) {
  return {static_cast<double>(size.nx) / small.nx, static_cast<double>(size.ny) / small.ny};
}

// In every `stride`-th tilt; the others get none.
void detect(BeadImages& images, Size2 small, int most, int stride) {
  const CandidateFinder finder(small, scale_of(images.size, small), images.profile);
  parallel_for(static_cast<int>(images.tilts.size()), [&](int t) {
    const auto i = static_cast<std::size_t>(t);
    images.candidates[i].clear();
    if (t % stride == 0 && !images.tilts[i].small.empty())
      images.candidates[i] = finder.find(images.tilts[i].small, most);
  });
}

// Fits of the likeliest candidates of each tilt, from which the profile can be learned.
std::vector<BeadView> likely_views(const BeadImages& images, std::size_t per_tilt,
                                   double least_agreeing) {
  std::vector<std::vector<BeadView>> found(images.tilts.size());
  parallel_for(static_cast<int>(images.tilts.size()), [&](int t) {
    const auto i = static_cast<std::size_t>(t);
    std::vector<Vec2> starts;
    for (const auto& candidate : images.candidates[i]) {
      if (starts.size() >= per_tilt) break;
      if (candidate.match > least_agreeing) starts.push_back(candidate.position_px);
    }
    if (starts.empty()) return;
    BeadFitOptions fit;
    fit.fit_stretch = false;
    const auto fits = fit_beads(images.tilts[i].image, images.profile, starts, fit);
    for (const BeadFit& bead : fits)
      if (bead.ok && bead.crowding > 1.5 * images.profile.diameter_px())
        found[i].push_back({&images.tilts[i].image, bead.position_px, bead.amplitude,
                            bead.background, bead.slope});
  });
  std::vector<BeadView> views;
  for (const auto& part : found) views.insert(views.end(), part.begin(), part.end());
  // The strongest are gold; a few dark tilts or contaminants must not decide.
  std::vector<double> strength;
  for (const auto& view : views) strength.push_back(view.amplitude);
  if (strength.empty()) return views;
  const auto at = strength.begin() + static_cast<std::ptrdiff_t>(0.8 * (strength.size() - 1.0));
  std::nth_element(strength.begin(), at, strength.end());
  std::erase_if(views, [&](const BeadView& view) { return view.amplitude < 0.5 * *at; });
  return views;
}

}  // namespace

CandidateFinder::CandidateFinder(Size2 small, Vec2 scale, const BeadProfile& profile)
    : fft_(small), scale_(scale), spacing_px_(0.6 * profile.diameter_px()) {
  const RealKernel kernel = make_kernel(small, scale, profile);
  kernel_ = {transform(fft_, kernel.bead), transform(fft_, kernel.window), kernel.count};
}

std::vector<BeadCandidate> CandidateFinder::find(View<const float> small, int most) const {
  const Maps maps = correlate(small, kernel_, fft_);
  std::vector<BeadCandidate> all;
  for (int y = 0; y < small.ny(); ++y)
    for (int x = 0; x < small.nx(); ++x) {
      const double match = static_cast<double>(maps.match(x, y));
      const double signal = static_cast<double>(maps.signal(x, y));
      if (match < least_match || signal < least_signal || !is_peak(maps.signal, x, y)) continue;
      const Vec2 at = peak_position(maps.signal, x, y);
      all.push_back({{at.x * scale_.x, at.y * scale_.y}, signal, match});
    }
  std::sort(all.begin(), all.end(), [](const BeadCandidate& a, const BeadCandidate& b) {
    return a.signal * a.match > b.signal * b.match;
  });
  std::vector<BeadCandidate> kept;
  for (const auto& candidate : all) {
    if (static_cast<int>(kept.size()) >= most) break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const BeadCandidate& other) {
      return length(other.position_px - candidate.position_px) < spacing_px_;
    });
    if (!covered) kept.push_back(candidate);
  }
  return kept;
}

namespace {

int binning_of(double diameter_px) {
  return std::max(1, static_cast<int>(diameter_px / small_diameter_px));
}

void check_diameter(const Stack& stack, double gold_nm, double diameter_px) {
  if (diameter_px >= 3.0 && diameter_px <= 0.25 * std::min(stack.size.nx, stack.size.ny)) return;
  fail(
      "beads of {} nm are {:.1f} px at {:.2f} A/px in images of {} x {} px: they should be 3 px "
      "to a quarter of the image; check --gold_nm and the pixel size",
      gold_nm, diameter_px, stack.pixel_A(), stack.size.nx, stack.size.ny);
}

std::vector<WhiteTilt> whitened(const Stack& stack, const Whitener& whitener) {
  std::vector<WhiteTilt> tilts(stack.tilts.size());
  parallel_for(static_cast<int>(tilts.size()), [&](int t) {
    const auto i = static_cast<std::size_t>(t);
    tilts[i] = whitener.whiten(stack.tilts[i].image);
  });
  return tilts;
}

// Whitened images, and the diameter that beads have in them.
struct Prepared {
  std::vector<WhiteTilt> tilts;
  Size2 small;
  double diameter_px = 0.0;
};

Prepared prepare(const Stack& stack, double given_px) {
  constexpr double least_likeness = 49.0;  // proteins and ice reach 40
  const Whitener whitener(stack.size, binning_of(given_px));
  Prepared given{whitened(stack, whitener), whitener.small_size(), given_px};
  const double likely_px =
      likely_diameter_px(given.tilts, scale_of(stack.size, given.small), given_px);
  if (likely_px == given_px || likely_px < 3.0) return given;
  const Whitener again(stack.size, binning_of(likely_px));
  Prepared likely{whitened(stack, again), again.small_size(), likely_px};
  const double likeness =
      likeness_of_beads(likely.tilts, scale_of(stack.size, likely.small), likely_px);
  return likeness > least_likeness ? std::move(likely) : std::move(given);
}

}  // namespace

BeadImages find_beads(const Stack& stack, const BeadOptions& options) {
  const double given_px = 10.0 * options.gold_nm / stack.pixel_A();
  check_diameter(stack, options.gold_nm, given_px);
  BeadImages images;
  images.size = stack.size;
  images.candidates.resize(stack.tilts.size());
  Prepared prepared = prepare(stack, given_px);
  images.tilts = std::move(prepared.tilts);
  const double diameter = prepared.diameter_px;
  images.profile = ball_profile(diameter);
  // Some 14 tilts are enough to learn what beads look like.
  const int stride = std::max(1, static_cast<int>(stack.tilts.size()) / 14);
  detect(images, prepared.small, 12, stride);
  // From a plain dark ball to what beads look like here.
  const double reach = 0.5 * diameter + std::max(6.0, 0.6 * diameter);
  for (int round = 0; round < 4; ++round) {
    const auto views = likely_views(images, round < 2 ? 4 : 12, 0.5);
    if (views.size() < 3) break;
    const BeadProfile& old = images.profile;
    const BeadProfile wider([&](double r) { return r < old.reach_px() ? old.at(r).value : 0.0; },
                            diameter, reach);
    images.profile = learn_profile(views, wider);
    if (round == 1) detect(images, prepared.small, 12, stride);
  }
  detect(images, prepared.small, options.max_candidates, 1);
  return images;
}

}  // namespace gimbal::tilt
