// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_imod.h"

#include "gimbal/core/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gimbal {
namespace {

// From IMOD's centre of the image to gimbal's: half a pixel along sides of even length.
Vec2 half_pixel(Size2 size) {
  return {size.nx % 2 == 0 ? 0.5 : 0.0, size.ny % 2 == 0 ? 0.5 : 0.0};
}

double magnification_of(const ImodTransform& transform) {
  return 1.0 / std::sqrt(std::abs(transform.determinant()));
}

std::vector<int> rank_of(const std::vector<std::size_t>& order) {
  std::vector<int> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<int>(i);
  return rank;
}

// Index coordinates of pixel centres -> IMOD's, and back.
constexpr Vec2 corner{0.5, 0.5};

// Maps a point of the model to the image: undoes binning and prealignment.
class RawPositions {
 public:
  RawPositions(const ImodModel& model, const std::vector<ImodTransform>& prealigned, Size2 size)
      : prealigned_(prealigned), centre_{size.nx / 2.0, size.ny / 2.0} {
    if (prealigned.empty()) return;
    if (model.nx <= 0 || model.ny <= 0)
      fail("the model does not say how large its image was ({} x {})", model.nx, model.ny);
    binning_ = std::max(1.0, std::round(static_cast<double>(size.nx) / model.nx));
    model_centre_ = {model.nx / 2.0, model.ny / 2.0};
  }
  Vec2 operator()(Vec3 point, std::size_t section) const {
    const Vec2 p{point.x, point.y};
    if (prealigned_.empty()) return p - corner;
    const ImodTransform& transform = prealigned_[section];
    return centre_ + transform.inverse_linear(binning_ * (p - model_centre_) - transform.d) -
           corner;
  }

 private:
  const std::vector<ImodTransform>& prealigned_;
  Vec2 centre_, model_centre_;
  double binning_ = 1.0;
};

Track track_of(const ImodContour& contour, const std::vector<std::size_t>& order,
               const RawPositions& raw_position) {
  Track track;
  for (const Vec3 point : contour.points) {
    const double section = std::round(point.z);
    if (section < 0.0 || section >= static_cast<double>(order.size()))
      fail("the model has a point in section {:g}, but the series has {} tilts", point.z,
           order.size());
    const auto index = static_cast<std::size_t>(section);
    Observation observation;
    observation.tilt = static_cast<int>(order[index]);
    observation.position_px = raw_position(point, index);
    track.observations.push_back(observation);
  }
  const auto by_tilt = [](const Observation& a, const Observation& b) { return a.tilt < b.tilt; };
  const auto same_tilt = [](const Observation& a, const Observation& b) {
    return a.tilt == b.tilt;
  };
  auto& all = track.observations;
  std::stable_sort(all.begin(), all.end(), by_tilt);
  all.erase(std::unique(all.begin(), all.end(), same_tilt), all.end());
  return track;
}

}  // namespace

ImodTilt imod_tilt(const Projection& projection, Size2 size) {
  const double angle = rad_from_deg(projection.z_rot_deg);
  const double c = std::cos(angle) / projection.magnification;
  const double s = std::sin(angle) / projection.magnification;
  ImodTilt tilt{{c, s, -s, c, {}}, projection.y_tilt_deg, projection.x_tilt_deg};
  tilt.transform.d = -1.0 * tilt.transform.linear(projection.shift_px + half_pixel(size));
  return tilt;
}

Projection projection_of(const ImodTilt& tilt, Size2 size) {
  const ImodTransform& t = tilt.transform;
  Projection projection;
  projection.x_tilt_deg = tilt.x_tilt_deg;
  projection.y_tilt_deg = tilt.tilt_deg;
  projection.z_rot_deg = deg_from_rad(std::atan2(t.a12 - t.a21, t.a11 + t.a22));
  projection.magnification = magnification_of(t);
  projection.shift_px = -1.0 * t.inverse_linear(t.d) - half_pixel(size);
  return projection;
}

double stretch_of(const ImodTransform& t) {
  // Singular values are |u| + |v| and | |u| - |v| |, with u the part that rotates and v the rest.
  const double u = std::hypot(t.a11 + t.a22, t.a12 - t.a21) / 2.0;
  const double v = std::hypot(t.a11 - t.a22, t.a12 + t.a21) / 2.0;
  return v > u ? -1.0 : v / u;
}

std::vector<std::size_t> nominal_order(const Alignment& alignment) {
  std::vector<std::size_t> order(alignment.tilts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return alignment.tilts[a].nominal_tilt_deg < alignment.tilts[b].nominal_tilt_deg;
  });
  return order;
}

ImodModel imod_fiducials(const Alignment& alignment, const std::vector<std::size_t>& order) {
  const auto rank = rank_of(order);
  ImodModel model;
  model.nx = alignment.size.nx;
  model.ny = alignment.size.ny;
  model.nz = static_cast<int>(order.size());
  model.pixel_nm = alignment.pixel_A / 10.0;
  model.reference = ImodImageReference{};
  ImodObject object{alignment.method, true, {}};
  for (const Track& track : alignment.tracks) {
    ImodContour contour;
    for (const Observation& seen : track.observations) {
      const Vec2 at = seen.position_px + corner;
      const int section = rank[static_cast<std::size_t>(seen.tilt)];
      contour.points.push_back({at.x, at.y, static_cast<double>(section)});
    }
    std::sort(contour.points.begin(), contour.points.end(),
              [](Vec3 a, Vec3 b) { return a.z < b.z; });
    object.contours.push_back(std::move(contour));
  }
  model.objects.push_back(std::move(object));
  return model;
}

std::vector<ImodResidual> imod_residuals(const Alignment& alignment,
                                         const std::vector<std::size_t>& order) {
  const auto rank = rank_of(order);
  std::vector<ImodResidual> residuals;
  for (const Track& track : alignment.tracks)
    for (const Observation& seen : track.observations)
      residuals.push_back({seen.position_px + corner, rank[static_cast<std::size_t>(seen.tilt)],
                           -1.0 * seen.residual_px});
  return residuals;
}

std::vector<Track> tracks_of(const ImodModel& model, const std::vector<std::size_t>& order,
                             const std::vector<ImodTransform>& prealigned, Size2 size) {
  if (!prealigned.empty() && prealigned.size() != order.size())
    fail("{} transforms of a prealigned stack for {} tilts", prealigned.size(), order.size());
  const RawPositions raw_position(model, prealigned, size);
  std::vector<Track> tracks;
  for (const auto& object : model.objects)
    for (const auto& contour : object.contours) {
      Track track = track_of(contour, order, raw_position);
      if (track.observations.size() >= 2) tracks.push_back(std::move(track));
    }
  return tracks;
}

}  // namespace gimbal
