// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_star.h"

#include "gimbal/data/labels.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gimbal {
namespace {

constexpr const char* deformation_block = "gimbal_deformation";
constexpr std::array coefficient_labels{label::coefficient_x,  label::coefficient_y,
                                        label::coefficient_xx, label::coefficient_xy,
                                        label::coefficient_yy, label::coefficient_z};

// RELION's own six digits are 0.002 px at the edge of a 4K image: too few to come back unchanged.
std::string exact(double value) {
  if (value == 0.0) value = 0.0;  // no negative zero
  const double size = std::abs(value);
  if (size > 0.0 && size < 1e-3) return fmt::format("{:.12e}", value);
  return fmt::format("{:.10f}", value);
}

// Of the second-order terms, whose unit is 1 / length.
bool is_quadratic(std::size_t coefficient) {
  return coefficient >= 2 && coefficient <= 4;
}

void set_tilt(Tilt& row, const AlignedTilt& tilt, double pixel_A) {
  const Projection &p = tilt.projection, &error = tilt.standard_error;
  row.set(label::x_shift, exact(p.shift_px.x * pixel_A));
  row.set(label::y_shift, exact(p.shift_px.y * pixel_A));
  row.set(label::z_rot, exact(p.z_rot_deg));
  row.set(label::x_tilt, exact(p.x_tilt_deg));
  row.set(label::y_tilt, exact(p.y_tilt_deg));
  row.set(label::x_shift_error, error.shift_px.x * pixel_A);
  row.set(label::y_shift_error, error.shift_px.y * pixel_A);
  row.set(label::z_rot_error, error.z_rot_deg);
  row.set(label::x_tilt_error, error.x_tilt_deg);
  row.set(label::y_tilt_error, error.y_tilt_deg);
  row.set(label::magnification, exact(p.magnification));
  row.set(label::magnification_error, error.magnification);
  row.set(label::alignment_score, tilt.score);
  row.set(label::alignment_residual, tilt.residual_px * pixel_A);
  row.set(label::tilt_state, tilt.state == TiltState::used ? "used" : "excluded");
  row.set(label::tilt_reason, tilt.reason.empty() ? "None" : tilt.reason);
}

void set_global(Record& global, const Alignment& alignment) {
  const double pixel_A = alignment.pixel_A;
  global.set(label::alignment_method, alignment.method);
  global.set(label::alignment_verdict, text_of(alignment.verdict));
  global.set(label::alignment_score, alignment.score);
  global.set(label::alignment_residual, alignment.residual_px * pixel_A);
  global.set(label::leave_out_error, alignment.leave_out_px * pixel_A);
  global.set(label::thickness, alignment.thickness_A);
  global.set(label::y_offset, alignment.y_offset_deg.value_or(0.0));
  global.set(label::x_offset, alignment.x_offset_deg.value_or(0.0));
}

StarTable deformation_table(const DeformationModel& model, double pixel_A) {
  std::vector<std::string> labels;
  for (const auto name : {label::deformation_axis, label::dose_scale, label::reference_dose})
    labels.emplace_back(name);
  for (const auto name : coefficient_labels) labels.emplace_back(name);
  StarTable table(StarTable::Shape::loop, deformation_block, labels);
  const std::pair<const char*, const std::vector<double>*> axes[] = {
      {"x", &model.x}, {"y", &model.y}, {"z", &model.z}};
  for (const auto& [axis, coefficients] : axes) {
    if (coefficients->empty()) continue;
    std::vector<StarValue> row{axis, exact(model.dose_scale_e_A2),
                               exact(model.reference_dose_e_A2)};
    for (std::size_t i = 0; i < coefficient_labels.size(); ++i)
      row.emplace_back(fmt::format(
          "{:.12e}", is_quadratic(i) ? coefficients->at(i) / pixel_A : coefficients->at(i)));
    table.add_row(row);
  }
  return table;
}

DeformationModel deformation_of(const StarTable& table, double pixel_A) {
  DeformationModel model;
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    const std::string& axis = table.at(row, label::deformation_axis);
    if (axis != "x" && axis != "y" && axis != "z")
      fail("the block data_{} has the axis '{}', but x, y or z was expected", table.name, axis);
    auto& coefficients = axis == "x" ? model.x : axis == "y" ? model.y : model.z;
    model.dose_scale_e_A2 = table.number(row, label::dose_scale);
    model.reference_dose_e_A2 = table.number(row, label::reference_dose);
    if (!(model.dose_scale_e_A2 > 0.0))
      fail("the block data_{} has the dose scale {:g} e/A^2", table.name, model.dose_scale_e_A2);
    coefficients.clear();
    for (std::size_t i = 0; i < coefficient_labels.size(); ++i)
      coefficients.push_back(table.number(row, coefficient_labels[i]) *
                             (is_quadratic(i) ? pixel_A : 1.0));
  }
  return model;
}

double finite(const Record& record, std::string_view label) {
  const double value = record.number(label);
  if (!std::isfinite(value))
    fail("_{} is {} in {}: there is no alignment", label, record.text(label), record.where);
  return value;
}

AlignedTilt tilt_of(const Tilt& row, double pixel_A) {
  AlignedTilt tilt;
  tilt.key = row.key();
  tilt.nominal_tilt_deg = row.optional_number(label::nominal_angle).value_or(0.0);
  tilt.pre_exposure_e_A2 = row.optional_number(label::pre_exposure).value_or(0.0);
  const auto optional = [&](std::string_view label, double fallback) {
    const auto value = row.optional_number(label);
    return value && std::isfinite(*value) ? *value : fallback;
  };
  tilt.projection = {optional(label::x_tilt, 0.0),
                     finite(row, label::y_tilt),
                     finite(row, label::z_rot),
                     {finite(row, label::x_shift) / pixel_A, finite(row, label::y_shift) / pixel_A},
                     optional(label::magnification, 1.0)};
  if (!(tilt.projection.magnification > 0.01 && tilt.projection.magnification < 100.0))
    fail("_{} is {} in {}", label::magnification, row.text(label::magnification), row.where);
  tilt.standard_error = {optional(label::x_tilt_error, 0.0),
                         optional(label::y_tilt_error, 0.0),
                         optional(label::z_rot_error, 0.0),
                         {optional(label::x_shift_error, 0.0) / pixel_A,
                          optional(label::y_shift_error, 0.0) / pixel_A},
                         optional(label::magnification_error, 0.0)};
  tilt.score = optional(label::alignment_score, 0.0);
  tilt.residual_px = optional(label::alignment_residual, 0.0) / pixel_A;
  if (const auto* state = row.find(label::tilt_state); state != nullptr && *state == "excluded")
    tilt.state = TiltState::excluded;
  if (const auto* reason = row.find(label::tilt_reason); reason != nullptr && *reason != "None")
    tilt.reason = *reason;
  return tilt;
}

void read_global(const Record& global, Alignment& alignment) {
  const auto number = [&](std::string_view label) {
    const auto value = global.optional_number(label);
    return value && std::isfinite(*value) ? *value : 0.0;
  };
  alignment.score = number(label::alignment_score);
  alignment.residual_px = number(label::alignment_residual) / alignment.pixel_A;
  alignment.leave_out_px = number(label::leave_out_error) / alignment.pixel_A;
  alignment.thickness_A = number(label::thickness);
  if (global.has(label::y_offset)) alignment.y_offset_deg = number(label::y_offset);
  if (global.has(label::x_offset)) alignment.x_offset_deg = number(label::x_offset);
  if (const auto* method = global.find(label::alignment_method)) alignment.method = *method;
  if (const auto* verdict = global.find(label::alignment_verdict))
    alignment.verdict = *verdict == "pass"   ? Verdict::pass
                        : *verdict == "fail" ? Verdict::fail
                                             : Verdict::warn;
}

}  // namespace

const char* text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::warn:
      return "warn";
    default:
      return "fail";
  }
}

double image_pixel_A(const TiltSeries& series) {
  const auto given = series.global.optional_number(label::tilt_series_pixel);
  const double pixel_A = given ? *given : series.original_pixel_A();
  if (!(pixel_A > 0.0 && pixel_A < 1e6))
    fail("the pixel size of {} is {} A; rlnTomoTiltSeriesPixelSize must be positive", series.name(),
         pixel_A);
  return pixel_A;
}

void set_alignment(TiltSeries& series, const Alignment& alignment, ExcludedTilts excluded) {
  std::vector<std::pair<double, Tilt>> rows;
  for (const AlignedTilt& tilt : alignment.tilts) {
    const Tilt* row = series.find(tilt.key);
    if (row == nullptr)
      fail("the aligned tilt {} is not in the tilt series {}", tilt.key, series.name());
    if (tilt.state == TiltState::excluded && excluded == ExcludedTilts::drop) continue;
    rows.emplace_back(tilt.nominal_tilt_deg, *row);
    set_tilt(rows.back().second, tilt, alignment.pixel_A);
  }
  if (alignment.tilts.size() != series.tilts.size())
    fail("the alignment has {} tilts, but {} has {}", alignment.tilts.size(), series.name(),
         series.tilts.size());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  series.tilts.clear();
  for (auto& row : rows) series.tilts.push_back(std::move(row.second));
  set_global(series.global, alignment);
  std::erase_if(series.other_blocks,
                [](const StarTable& table) { return table.name == deformation_block; });
  if (!alignment.deformation.empty())
    series.other_blocks.push_back(deformation_table(alignment.deformation, alignment.pixel_A));
}

Alignment alignment_of(const TiltSeries& series, Size2 size, double pixel_A) {
  Alignment alignment;
  alignment.method = "import";
  alignment.size = size;
  alignment.pixel_A = pixel_A;
  read_global(series.global, alignment);
  for (const Tilt& row : series.tilts) alignment.tilts.push_back(tilt_of(row, pixel_A));
  for (const StarTable& table : series.other_blocks)
    if (table.name == deformation_block) alignment.deformation = deformation_of(table, pixel_A);
  return alignment;
}

}  // namespace gimbal
