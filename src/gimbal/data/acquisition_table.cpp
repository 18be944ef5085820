// SPDX-License-Identifier: GPL-3.0-or-later
// What a table written by the user says: text or CSV with a line of column names, or STAR.
#include "gimbal/core/text.h"
#include "gimbal/data/acquisition.h"
#include "gimbal/data/labels.h"
#include "gimbal/data/record.h"
#include "gimbal/io/file.h"
#include "gimbal/io/pattern.h"

#include <algorithm>
#include <map>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view order_label = "order", dose_label = "dose";

// Names of columns in text tables, and the labels that mean the same in STAR tables.
const std::map<std::string, std::string_view>& column_names() {
  static const std::map<std::string, std::string_view> names{{"movie", label::movie_name},
                                                             {"file", label::movie_name},
                                                             {"angle", label::nominal_angle},
                                                             {"tilt", label::nominal_angle},
                                                             {"tilt_angle", label::nominal_angle},
                                                             {"pre_exposure", label::pre_exposure},
                                                             {"preexposure", label::pre_exposure},
                                                             {"dose", dose_label},
                                                             {"order", order_label},
                                                             {"series", label::tomo_name},
                                                             {"defocus", label::nominal_defocus},
                                                             {"frames", label::frame_count}};
  return names;
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  if (line.find(',') != std::string_view::npos) {
    for (const auto part : split(line, ',')) {
      auto field = trim(part);
      if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        field = field.substr(1, field.size() - 2);
      fields.emplace_back(field);
    }
  } else {
    for (const auto word : split_words(line)) fields.emplace_back(word);
  }
  return fields;
}

std::vector<std::string_view> columns_of(const std::vector<std::string>& header,
                                         const fs::path& path) {
  std::vector<std::string_view> columns;
  for (const auto& name : header) {
    const auto found = column_names().find(to_lower(replace_all(name, "-", "_")));
    if (found == column_names().end())
      fail(
          "{}: the first line must name the columns: movie, angle, and if wanted pre_exposure or "
          "dose (e/A^2), order, series, defocus (um), frames; '{}' is none of them",
          path.string(), name);
    columns.push_back(found->second);
  }
  return columns;
}

std::vector<Record> read_text_table(const fs::path& path) {
  std::vector<Record> rows;
  std::vector<std::string_view> columns;
  int number = 0;
  const auto text = read_text(path);
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    const auto fields = fields_of(line);
    if (columns.empty()) {
      columns = columns_of(fields, path);
      continue;
    }
    if (fields.size() != columns.size())
      fail("{}: line {} has {} values, but there are {} columns", path.string(), number,
           fields.size(), columns.size());
    auto& row = rows.emplace_back();
    row.where = fmt::format("line {} of {}", number, path.string());
    for (std::size_t i = 0; i < fields.size(); ++i) row.set(columns[i], fields[i]);
  }
  return rows;
}

std::vector<Record> read_star_table(const fs::path& path) {
  const auto document = read_star(path);
  for (const auto& table : document.tables)
    if (table.column(label::movie_name) && table.column(label::nominal_angle))
      return records_of(table, path.string());
  fail("{} has no block with the columns _{} and _{}", path.string(), label::movie_name,
       label::nominal_angle);
}

AcquiredTilt tilt_of(const Record& row) {
  AcquiredTilt tilt;
  tilt.movie = row.text(label::movie_name);
  tilt.angle_deg = row.number(label::nominal_angle);
  if (!(tilt.angle_deg >= -90.0 && tilt.angle_deg <= 90.0))
    fail("the tilt angle is {} in {}, but must be from -90 to 90 degrees", tilt.angle_deg,
         row.where);
  tilt.prior_dose_e_A2 = row.optional_number(label::pre_exposure);
  tilt.dose_e_A2 = row.optional_number(dose_label);
  tilt.order = row.optional_number(order_label);
  tilt.defocus_um = row.optional_number(label::nominal_defocus);
  if (row.has(label::frame_count)) tilt.n_frames = row.integer(label::frame_count);
  tilt.where = row.where;
  return tilt;
}

}  // namespace

Acquisition acquisition_from_tables(const std::vector<fs::path>& tables) {
  Acquisition acquisition;
  std::map<std::string, AcquiredSeries> all;
  for (const auto& path : tables) {
    try {
      const bool star = iequals(path.extension().string(), ".star");
      const auto rows = star ? read_star_table(path) : read_text_table(path);
      if (rows.empty()) fail("{} has no rows", path.string());
      std::vector<AcquiredTilt> tilts;  // all rows are good before any is taken
      for (const auto& row : rows) tilts.push_back(tilt_of(row));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto* given = rows[i].find(label::tomo_name);
        auto& series = all[given != nullptr ? *given : path.stem().string()];
        series.source = path.string();
        series.tilts.push_back(std::move(tilts[i]));
      }
    } catch (const Error& error) {
      acquisition.failed.push_back({path.string(), error.what()});
    }
  }
  for (auto& [name, series] : all) {
    series.name = name;
    acquisition.series.push_back(std::move(series));
  }
  std::sort(acquisition.series.begin(), acquisition.series.end(),
            [](const auto& a, const auto& b) { return natural_less(a.name, b.name); });
  return acquisition;
}

}  // namespace gimbal
