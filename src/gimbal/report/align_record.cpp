// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/align_report.h"
#include "gimbal/report/record_structures.h"
#include "gimbal/report/slice_pictures_members.h"

namespace gimbal {

constexpr Verdict last_of(Verdict) {
  return Verdict::fail;
}
constexpr TiltState last_of(TiltState) {
  return TiltState::excluded;
}

// Every member of each structure, once, for both directions.
template <record::Is<Projection> T, typename Member>
void each_member(T& p, const Member& member) {
  member("x_tilt_deg", p.x_tilt_deg);
  member("y_tilt_deg", p.y_tilt_deg);
  member("z_rot_deg", p.z_rot_deg);
  member("shift_px", p.shift_px);
  member("magnification", p.magnification);
}
template <record::Is<AlignedTilt> T, typename Member>
void each_member(T& tilt, const Member& member) {
  member("key", tilt.key);
  member("nominal_tilt_deg", tilt.nominal_tilt_deg);
  member("pre_exposure_e_A2", tilt.pre_exposure_e_A2);
  member("state", tilt.state);
  member("reason", tilt.reason);
  member("projection", tilt.projection);
  member("standard_error", tilt.standard_error);
  member("score", tilt.score);
  member("residual_px", tilt.residual_px);
}
template <record::Is<Observation> T, typename Member>
void each_member(T& seen, const Member& member) {
  member("tilt", seen.tilt);
  member("position_px", seen.position_px);
  member("sigma_px", seen.sigma_px);
  member("weight", seen.weight);
  member("residual_px", seen.residual_px);
}
template <record::Is<Track> T, typename Member>
void each_member(T& track, const Member& member) {
  member("point_px", track.point_px);
  member("standard_error_px", track.standard_error_px);
  member("observations", track.observations);
}
template <record::Is<DeformationModel> T, typename Member>
void each_member(T& model, const Member& member) {
  member("dose_scale_e_A2", model.dose_scale_e_A2);
  member("reference_dose_e_A2", model.reference_dose_e_A2);
  member("x", model.x);
  member("y", model.y);
  member("z", model.z);
}
template <record::Is<Alignment> T, typename Member>
void each_member(T& a, const Member& member) {
  member("method", a.method);
  member("nx", a.size.nx);
  member("ny", a.size.ny);
  member("pixel_A", a.pixel_A);
  member("residual_px", a.residual_px);
  member("leave_out_px", a.leave_out_px);
  member("score", a.score);
  member("thickness_A", a.thickness_A);
  member("y_offset_deg", a.y_offset_deg);
  member("x_offset_deg", a.x_offset_deg);
  member("verdict", a.verdict);
  member("notes", a.notes);
  member("deformation", a.deformation);
  member("tilts", a.tilts);
  member("tracks", a.tracks);
}

template <record::Is<TiltPicture> T, typename Member>
void each_member(T& picture, const Member& member) {
  member("tilt", picture.tilt);
  member("jpeg", picture.jpeg);
}
template <record::Is<AlignPictures> T, typename Member>
void each_member(T& p, const Member& member) {
  member("tilts", p.tilts);
  member("nx", p.covered_px.nx);
  member("ny", p.covered_px.ny);
  member("before", p.before);
  member("after", p.after);
  member("slices_at_px", p.slices_at_px);
}

template <record::Is<SeriesAlignment> T, typename Member>
void each_member(T& series, const Member& member) {
  member("name", series.name);
  member("problems", series.problems);
  member("alignment", series.alignment);
  member("pictures", series.pictures);
}

namespace {

constexpr int record_format = 2;

void check(const Alignment& alignment, const AlignPictures& pictures) {
  const auto n_tilts = static_cast<int>(alignment.tilts.size());
  for (const Track& track : alignment.tracks)
    for (const Observation& seen : track.observations)
      if (seen.tilt < 0 || seen.tilt >= n_tilts)
        fail("an observation is of tilt {}, but there are {}", seen.tilt, n_tilts);
  for (const TiltPicture& picture : pictures.tilts)
    if (picture.tilt < 0 || picture.tilt >= n_tilts)
      fail("a picture is of tilt {}, but there are {}", picture.tilt, n_tilts);
}

}  // namespace

std::string align_record_to_json(const SeriesAlignment& series) {
  return record::text_of_record(series, record_format);
}

SeriesAlignment align_record_from_json(const std::string& text) {
  auto series = record::record_of_text<SeriesAlignment>(text, record_format, "an alignment");
  check(series.alignment, series.pictures);
  return series;
}

}  // namespace gimbal
