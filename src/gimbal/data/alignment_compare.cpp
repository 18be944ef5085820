// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_compare.h"

#include "gimbal/core/error.h"
#include "gimbal/data/reprojection.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gimbal {
namespace {

using Pairs = std::vector<std::pair<const AlignedTilt*, const AlignedTilt*>>;

// Lengths in px of another size of pixel.
Projection scaled(Projection projection, double factor) {
  projection.shift_px = {factor * projection.shift_px.x, factor * projection.shift_px.y};
  return projection;
}

DeformationModel scaled(DeformationModel model, double factor) {
  for (auto* axis : {&model.x, &model.y, &model.z})
    for (std::size_t i = 2; i < axis->size() && i < 5; ++i) (*axis)[i] /= factor;  // per px
  return model;
}

std::map<std::string, const AlignedTilt*> used_tilts(const Alignment& alignment) {
  std::map<std::string, const AlignedTilt*> tilts;
  for (const AlignedTilt& tilt : alignment.tilts)
    if (tilt.state == TiltState::used) tilts[tilt.key] = &tilt;
  return tilts;
}

Pairs pairs_of(const Alignment& first, const Alignment& second, AlignmentDifference& difference) {
  const auto a = used_tilts(first), b = used_tilts(second);
  Pairs pairs;
  for (const auto& [key, tilt] : a)
    if (const auto other = b.find(key); other != b.end())
      pairs.emplace_back(tilt, other->second);
    else
      difference.only_first.push_back(key);
  for (const auto& [key, tilt] : b)
    if (a.count(key) == 0) difference.only_second.push_back(key);
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& p, const auto& q) {
    return p.first->nominal_tilt_deg < q.first->nominal_tilt_deg;
  });
  return pairs;
}

Reference reference_of(const Alignment& first, const Pairs& pairs) {
  Reference reference;
  reference.size = first.size;
  for (const auto& [tilt, other] : pairs)
    reference.views.push_back({tilt->key, tilt->projection, tilt->pre_exposure_e_A2});
  const DeformationModel deformation = first.deformation;
  if (!deformation.empty())
    reference.moved = [deformation](Vec3 p, double dose) { return deformation.at(p, dose); };
  return reference;
}

// The second alignment's tilts of the pairs, in px of the first.
Alignment other_of(const Alignment& first, const Alignment& second, const Pairs& pairs) {
  const double factor = second.pixel_A / first.pixel_A;
  Alignment other;
  other.size = first.size;
  other.pixel_A = first.pixel_A;
  other.deformation = scaled(second.deformation, factor);
  for (const auto& [tilt, there] : pairs) {
    other.tilts.push_back(*there);
    other.tilts.back().projection = scaled(there->projection, factor);
  }
  return other;
}

double turned_deg(double from, double to) {
  return std::remainder(to - from, 360.0);
}

}  // namespace

AlignmentDifference compare_alignments(const Alignment& first, const Alignment& second,
                                       double thickness_A) {
  AlignmentDifference result;
  result.thickness_A = thickness_A;
  const Pairs pairs = pairs_of(first, second, result);
  if (pairs.size() < 3)
    fail(
        "{} tilts are used by both alignments ({} by the first alone, {} by the second): three or "
        "more are needed",
        pairs.size(), result.only_first.size(), result.only_second.size());
  const double pixel_A = first.pixel_A;
  const SlabGrid grid{0.9 * first.size.nx, 0.9 * first.size.ny, thickness_A / pixel_A};
  const Reference reference = reference_of(first, pairs);
  const Alignment other = other_of(first, second, pairs);
  const auto error = reprojection_error(reference, other, grid, Placing::each_point);
  result.mean_A = error.mean_px * pixel_A;
  result.rms_A = error.rms_px * pixel_A;
  result.max_A = error.max_px * pixel_A;
  result.rigid_mean_A =
      reprojection_error(reference, other, grid, Placing::rigid_motion).mean_px * pixel_A;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto& [a, b] = pairs[i];
    const Vec2 offset = error.tilt_offset_px[i];
    result.tilts.push_back({a->key,
                            a->nominal_tilt_deg,
                            error.tilt_mean_px[i] * pixel_A,
                            {offset.x * pixel_A, offset.y * pixel_A},
                            turned_deg(a->projection.z_rot_deg, b->projection.z_rot_deg),
                            turned_deg(a->projection.y_tilt_deg, b->projection.y_tilt_deg)});
    result.axis_deg += result.tilts.back().axis_deg / static_cast<double>(pairs.size());
    result.angle_deg += result.tilts.back().angle_deg / static_cast<double>(pairs.size());
  }
  return result;
}

}  // namespace gimbal
