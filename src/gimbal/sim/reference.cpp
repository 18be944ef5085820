// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/reference.h"

#include "gimbal/core/error.h"

#include <algorithm>

namespace gimbal::sim {
namespace {

Reference views_of(const SeriesPlan& plan) {
  Reference truth;
  truth.size = {plan.options.nx, plan.options.ny};
  const double pixel_A = plan.options.pixel_A;
  const Deformation deformation = plan.deformation;
  truth.moved = [deformation, pixel_A](Vec3 p, double dose) {
    return (1.0 / pixel_A) * deformation.at(pixel_A * p, dose);
  };
  return truth;
}

ReferenceView view_of(const TiltPlan& tilt) {
  ReferenceView view;
  view.name = tilt.movie_name;
  view.projection.x_tilt_deg = tilt.x_tilt_deg;
  view.projection.y_tilt_deg = tilt.y_tilt_deg;
  view.projection.z_rot_deg = tilt.z_rot_deg;
  view.projection.shift_px = tilt.shift_px;
  view.projection.magnification = tilt.magnification;
  view.dose_e_A2 = tilt.pre_exposure_e_A2;
  return view;
}

}  // namespace

Reference truth_of(const SeriesPlan& plan) {
  Reference truth = views_of(plan);
  for (const TiltPlan& tilt : plan.tilts) truth.views.push_back(view_of(tilt));
  return truth;
}

Reference truth_of(const SeriesPlan& plan, const std::vector<std::string>& keys) {
  Reference truth = views_of(plan);
  const auto stem = [](const std::string& name) {
    const auto slash = name.find_last_of('/');
    const std::string file = slash == std::string::npos ? name : name.substr(slash + 1);
    const auto dot = file.find_last_of('.');
    return dot == std::string::npos ? file : file.substr(0, dot);
  };
  for (const std::string& key : keys) {
    const auto found =
        std::find_if(plan.tilts.begin(), plan.tilts.end(), [&](const TiltPlan& tilt) {
          return tilt.movie_name == key || stem(tilt.movie_name) == key ||
                 stem(tilt.movie_name) == stem(key);
        });
    if (found == plan.tilts.end()) fail("the plan of {} has no movie '{}'", plan.name, key);
    truth.views.push_back(view_of(*found));
  }
  return truth;
}

}  // namespace gimbal::sim
