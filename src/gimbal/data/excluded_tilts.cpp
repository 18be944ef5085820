// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/excluded_tilts.h"

#include "gimbal/core/error.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/star.h"

#include <algorithm>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view whole_series = "excluded_series";

std::vector<Record> rows_of(const ExcludedFromSeries& excluded) {
  std::vector<Record> rows;
  for (const auto& tilt : excluded.tilts) {
    rows.push_back(tilt.row);
    rows.back().set(label::tilt_number, tilt.number);
    rows.back().set(label::tilt_reason, tilt.reason);
  }
  return rows;
}

ExcludedFromSeries read_block(const StarTable& table, const std::string& source) {
  ExcludedFromSeries excluded;
  excluded.global.set(label::tomo_name, table.name);
  for (auto& record : records_of(table, source)) {
    ExcludedTilt& tilt = excluded.tilts.emplace_back();
    const long number = record.integer(label::tilt_number);
    if (number < 1 || number > 1'000'000)
      fail("_{} is {} in {}, but tilts are counted from 1", label::tilt_number, number,
           record.where);
    tilt.number = static_cast<std::size_t>(number);
    tilt.reason = record.text(label::tilt_reason);
    record.erase(label::tilt_number);
    record.erase(label::tilt_reason);
    static_cast<Record&>(tilt.row) = std::move(record);
  }
  std::stable_sort(excluded.tilts.begin(), excluded.tilts.end(),
                   [](const auto& a, const auto& b) { return a.number < b.number; });
  return excluded;
}

}  // namespace

void write_excluded_tilts(const fs::path& path, const std::vector<ExcludedFromSeries>& excluded) {
  StarDocument document{path.string(), {}};
  std::vector<Record> whole;
  for (const auto& series : excluded) {
    if (series.is_whole) whole.push_back(series.global);
    if (!series.tilts.empty())
      document.tables.push_back(table_of(series.global.text(label::tomo_name), rows_of(series)));
  }
  if (!whole.empty())
    document.tables.insert(document.tables.begin(), table_of(std::string(whole_series), whole));
  if (document.tables.empty())
    fs::remove(path);
  else
    write_star(path, document);
}

std::vector<ExcludedFromSeries> read_excluded_tilts(const fs::path& path) {
  std::vector<ExcludedFromSeries> all;
  if (!fs::exists(path)) return all;
  const auto document = read_star(path);
  const auto* whole = document.find(whole_series);
  for (const auto& table : document.tables)
    if (&table != whole)
      all.push_back(in_context("reading the tilts that an earlier job has excluded",
                               [&] { return read_block(table, path.string()); }));
  if (whole == nullptr) return all;
  for (auto& record : records_of(*whole, path.string()))
    for (auto& series : all)
      if (series.global.text(label::tomo_name) == record.text(label::tomo_name)) {
        series.global = std::move(record);
        series.is_whole = true;
        break;
      }
  return all;
}

std::vector<std::string> put_back(TiltSeries& series, const ExcludedFromSeries& excluded) {
  std::vector<std::string> reasons(series.tilts.size());
  for (const auto& tilt : excluded.tilts) {
    if (series.find(tilt.row.key()) != nullptr) continue;  // somebody has put it back already
    const auto at = static_cast<std::ptrdiff_t>(std::min(tilt.number - 1, series.tilts.size()));
    series.tilts.insert(series.tilts.begin() + at, tilt.row);
    reasons.insert(reasons.begin() + at,
                   tilt.reason.empty() ? "an earlier job excluded it" : tilt.reason);
  }
  return reasons;
}

}  // namespace gimbal
