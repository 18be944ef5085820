// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_depth.h"

#include "gimbal/core/parabola.h"
#include "gimbal/core/parallel.h"
#include "gimbal/tilt/slab_search.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gimbal::tilt {
namespace {

// The surroundings' mean in place of a bead.
void fill_bead(View<float> image, Vec2 at, double diameter) {
  const double hole = 0.75 * diameter + 1.0, rim = hole + 2.0;
  const int x0 = std::max(0, static_cast<int>(at.x - rim)),
            x1 = std::min(image.nx() - 1, static_cast<int>(at.x + rim) + 1),
            y0 = std::max(0, static_cast<int>(at.y - rim)),
            y1 = std::min(image.ny() - 1, static_cast<int>(at.y + rim) + 1);
  double sum = 0.0;
  int n = 0;
  const auto far = [&](int x, int y) { return std::hypot(x - at.x, y - at.y); };
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x)
      if (far(x, y) >= hole && far(x, y) < rim) sum += static_cast<double>(image(x, y)), ++n;
  if (n == 0) return;
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x)
      if (far(x, y) < hole) image(x, y) = static_cast<float>(sum / n);
}

void fill_beads(const Alignment& alignment, double diameter_px, Stack& stack) {
  const double scale = 1.0 / stack.binning;
  parallel_for(static_cast<int>(stack.tilts.size()), [&](int i) {
    const auto t = static_cast<std::size_t>(i);
    Image<float>& image = stack.tilts[t].image;
    if (image.empty()) return;
    const Projection& projection = alignment.tilts[t].projection;
    for (const Track& track : alignment.tracks)
      fill_bead(image.view(), scale * project(projection, track.point_px, alignment.size),
                scale * diameter_px);
  });
}

// Likelihoods of slabs of any thickness about any height.
class DepthSearch {
 public:
  DepthSearch(const Stack& stack, const Alignment& alignment, double diameter_px, double finest_A)
      : alignment_(alignment), level_(slab_level(stack, finest_A)) {
    fill_beads(alignment, diameter_px, level_.stack);
    for (std::size_t t = 0; t < alignment.tilts.size(); ++t)
      if (alignment.tilts[t].state == TiltState::used && !stack.tilts[t].image.empty())
        tilts_.push_back(static_cast<int>(t));
  }

  bool is_possible() const { return tilts_.size() >= 3; }

  void set_middle(double z_px) {
    std::vector<Projection> projections;
    for (const AlignedTilt& tilt : alignment_.tilts) {
      Projection& p = projections.emplace_back(tilt.projection);
      const Vec3 seen = p.magnification * (rotation_of(p) * Vec3{0.0, 0.0, z_px});
      p.shift_px = p.shift_px + Vec2{seen.x, seen.y};
    }
    spectra_ = slab_spectra(level_.stack, projections, tilts_, level_.grid);
    SlabSignal none = assumed_signal(spectra_, level_.band);
    std::fill(none.share.begin(), none.share.end(), 0.0);
    noise_ = log_likelihood(spectra_, none, 1.0, level_.band);
  }

  // Over that of noise alone, as a part of it: views that are far off have less in them.
  double gain(double thickness_px) const {
    const auto signal = measured_signal(spectra_, thickness_px, level_.band);
    return (log_likelihood(spectra_, signal, thickness_px, level_.band) - noise_) /
           std::abs(noise_);
  }

 private:
  const Alignment& alignment_;
  SlabLevel level_;
  std::vector<int> tilts_;
  SlabSpectra spectra_;
  double noise_ = 0.0;
};

struct Found {
  double gain = -1e300, middle_px = 0.0, thickness_px = 0.0;
};

Found best_of(DepthSearch& search, const std::vector<double>& middles_px,
              const std::vector<double>& thicknesses_px) {
  Found best;
  for (const double middle : middles_px) {
    search.set_middle(middle);
    for (const double thickness : thicknesses_px)
      if (const double gain = search.gain(thickness); gain > best.gain)
        best = {gain, middle, thickness};
  }
  return best;
}

// Between three heights, and then between three thicknesses.
void sharpen(DepthSearch& search, double step_px, double factor, Found& found) {
  double gains[3];
  for (int i = -1; i <= 1; ++i) {
    search.set_middle(found.middle_px + i * step_px);
    gains[i + 1] = search.gain(found.thickness_px);
  }
  found.middle_px += step_px * parabola_vertex(gains[0], gains[1], gains[2]);
  search.set_middle(found.middle_px);
  for (int i = -1; i <= 1; ++i)
    gains[i + 1] = search.gain(found.thickness_px * std::pow(factor, i));
  found.thickness_px *= std::pow(factor, parabola_vertex(gains[0], gains[1], gains[2]));
  found.gain = gains[1];
}

}  // namespace

SlabDepth depth_between_beads(const Stack& stack, const Alignment& alignment, double diameter_px,
                              double largest_A) {
  constexpr double least_A = 200.0, factor = 1.4, step_A = 300.0, least_gain = 0.003;
  const double pixel_A = stack.full_pixel_A;
  DepthSearch rough(stack, alignment, diameter_px, std::max(100.0, 6.0 * stack.pixel_A()));
  if (!rough.is_possible()) return {};
  std::vector<double> middles_px, thicknesses_px;
  for (double A = -0.5 * largest_A; A <= 0.5 * largest_A; A += step_A)
    middles_px.push_back(A / pixel_A);
  for (double A = least_A; A < factor * largest_A; A *= factor)
    thicknesses_px.push_back(A / pixel_A);
  if (thicknesses_px.size() < 3) return {};
  Found found = best_of(rough, middles_px, thicknesses_px);
  if (found.gain < least_gain || found.thickness_px == thicknesses_px.front() ||
      found.thickness_px == thicknesses_px.back())
    return {};
  sharpen(rough, 0.5 * step_A / pixel_A, factor, found);
  DepthSearch fine(stack, alignment, diameter_px, std::max(60.0, 4.0 * stack.pixel_A()));
  for (int round = 0; round < 2; ++round) sharpen(fine, 0.15 * found.thickness_px, 1.25, found);
  // It holds the beads, too.
  for (const Track& track : alignment.tracks)
    found.thickness_px =
        std::max(found.thickness_px, 2.0 * std::abs(track.point_px.z - found.middle_px));
  return {found.thickness_px, found.middle_px};
}

}  // namespace gimbal::tilt
