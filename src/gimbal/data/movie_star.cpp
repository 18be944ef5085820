// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/movie_star.h"

#include "gimbal/data/labels.h"

#include <string>

namespace gimbal {
namespace {

constexpr double unused_frame = -9999.0;

std::vector<std::string> names(std::initializer_list<std::string_view> labels) {
  return {labels.begin(), labels.end()};
}

StarTable general_table(const MovieMetadata& m) {
  StarTable table(StarTable::Shape::list, "general");
  const auto add = [&](std::string_view label, const StarValue& value) {
    table.pair(std::string(label), value);
  };
  add(label::image_size_x, m.motion.size.nx);
  add(label::image_size_y, m.motion.size.ny);
  add(label::image_size_z, m.n_frames);
  add(label::movie_name, m.movie.path);
  if (!m.gain.empty()) add(label::gain_name, m.gain);
  if (!m.defect_file.empty()) add(label::defect_file, m.defect_file);
  add(label::binning, m.bin_factor);
  add(label::original_pixel, m.movie.pixel_A);
  if (m.movie.dose_per_frame_e_A2 > 0.0) add(label::dose_rate, m.movie.dose_per_frame_e_A2);
  add(label::pre_exposure, m.movie.pre_exposure_e_A2);
  add(label::voltage, m.movie.voltage_kV);
  add(label::start_frame, m.motion.first_frame + 1);
  if (m.eer) {
    add(label::eer_upsampling, m.eer->upsampling);
    add(label::eer_grouping, m.eer->grouping);
  }
  add(label::motion_model_version, m.motion.local ? 1 : 0);
  return table;
}

StarTable shift_table(const MovieMetadata& m) {
  StarTable table(StarTable::Shape::loop, "global_shift",
                  names({label::frame_number, label::shift_x, label::shift_y}));
  for (int i = 0; i < m.n_frames; ++i) {
    const int used = i - m.motion.first_frame;
    if (used < 0 || used >= m.motion.n_frames()) {
      table.add_row({i + 1, unused_frame, unused_frame});
      continue;
    }
    const Shift& shift = m.motion.global[static_cast<std::size_t>(used)];
    table.add_row({i + 1, shift.x, shift.y});
  }
  return table;
}

StarTable model_table(const LocalMotionModel& model, double bin_factor) {
  StarTable table(StarTable::Shape::loop, "local_motion_model",
                  names({label::model_index, label::model_coefficient}));
  int index = 0;
  for (const auto* axis : {&model.x, &model.y})
    for (const double coefficient : *axis) table.add_row({index++, coefficient / bin_factor});
  return table;
}

StarTable pixel_table(const std::vector<Pixel>& pixels) {
  StarTable table(StarTable::Shape::loop, "hot_pixels",
                  names({label::coordinate_x, label::coordinate_y}));
  for (const auto& pixel : pixels)
    table.add_row({static_cast<double>(pixel.x), static_cast<double>(pixel.y)});
  return table;
}

}  // namespace

StarDocument movie_star(const MovieMetadata& metadata) {
  StarDocument document;
  document.tables.push_back(general_table(metadata));
  document.tables.push_back(shift_table(metadata));
  if (metadata.motion.local)
    document.tables.push_back(model_table(*metadata.motion.local, metadata.bin_factor));
  if (!metadata.bad_pixels.empty()) document.tables.push_back(pixel_table(metadata.bad_pixels));
  return document;
}

}  // namespace gimbal
