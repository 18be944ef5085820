// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_match.h"

#include "gimbal/core/error.h"
#include "gimbal/core/median.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace gimbal {
namespace {

constexpr double recorded_tolerance_deg = 0.1;  // .rawtlt holds two decimals at worst

std::vector<std::size_t> sorted_indices(std::size_t count, const auto& less) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), less);
  return order;
}

std::vector<std::size_t> by_angle(const std::vector<AlignedTilt>& tilts) {
  return sorted_indices(tilts.size(), [&](std::size_t a, std::size_t b) {
    return tilts[a].nominal_tilt_deg < tilts[b].nominal_tilt_deg;
  });
}

std::vector<std::size_t> by_angle(const std::vector<double>& angles) {
  return sorted_indices(angles.size(),
                        [&](std::size_t a, std::size_t b) { return angles[a] < angles[b]; });
}

std::vector<std::size_t> by_dose(const std::vector<AlignedTilt>& tilts) {
  return sorted_indices(tilts.size(), [&](std::size_t a, std::size_t b) {
    return tilts[a].pre_exposure_e_A2 < tilts[b].pre_exposure_e_A2;
  });
}

// How far refined angles may be from the nominal ones, beyond what they all have in common.
double refined_tolerance_deg(const std::vector<AlignedTilt>& tilts) {
  const auto order = by_angle(tilts);
  std::vector<double> steps;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const double step = tilts[order[i]].nominal_tilt_deg - tilts[order[i - 1]].nominal_tilt_deg;
    if (step > 0.01) steps.push_back(step);
  }
  return steps.empty() ? 1.0 : std::clamp(0.5 * median(steps), 0.5, 2.0);
}

struct Agreement {
  double offset_deg = 0.0;
  double worst_deg = 0.0;  // deviation from the offset
  std::size_t worst_tilt = 0;
};

// Of the tilts that have a row.
Agreement agreement(const std::vector<AlignedTilt>& tilts, const std::vector<int>& row_of_tilt,
                    const std::vector<double>& angles) {
  std::vector<double> differences;
  std::vector<std::size_t> index;
  for (std::size_t i = 0; i < tilts.size(); ++i)
    if (row_of_tilt[i] >= 0) {
      differences.push_back(angles[static_cast<std::size_t>(row_of_tilt[i])] -
                            tilts[i].nominal_tilt_deg);
      index.push_back(i);
    }
  Agreement result{median(differences), 0.0, 0};
  for (std::size_t i = 0; i < differences.size(); ++i)
    if (const double off = std::abs(differences[i] - result.offset_deg); off >= result.worst_deg)
      result.worst_deg = off, result.worst_tilt = index[i];
  return result;
}

std::vector<int> paired_in_order(const std::vector<AlignedTilt>& tilts,
                                 const std::vector<double>& angles) {
  const auto ours = by_angle(tilts), theirs = by_angle(angles);
  std::vector<int> row_of_tilt(tilts.size(), -1);
  for (std::size_t i = 0; i < ours.size(); ++i) row_of_tilt[ours[i]] = static_cast<int>(theirs[i]);
  return row_of_tilt;
}

std::string offset_note(double offset_deg, const std::string& source) {
  if (std::abs(offset_deg) < 1.0) return {};
  return fmt::format(
      "All tilt angles of {} differ from the nominal ones by {:.2f} degrees: they were taken as "
      "levelled.",
      source, offset_deg);
}

// One way to count the sections of AreTomo's stack.
struct SectionOrder {
  std::vector<std::size_t> tilt_of_section;
  int first = 0;
};

std::optional<std::vector<int>> rows_in(const SectionOrder& order, const AretomoAlignment& a) {
  std::vector<int> row_of_tilt(order.tilt_of_section.size(), -1);
  for (std::size_t row = 0; row < a.rows.size(); ++row) {
    const int section = a.rows[row].section - order.first;
    if (section < 0 || section >= static_cast<int>(row_of_tilt.size())) return std::nullopt;
    int& place = row_of_tilt[order.tilt_of_section[static_cast<std::size_t>(section)]];
    if (place >= 0) return std::nullopt;
    place = static_cast<int>(row);
  }
  return row_of_tilt;
}

std::vector<double> angles_of(const AretomoAlignment& a) {
  std::vector<double> angles;
  for (const auto& row : a.rows) angles.push_back(row.tilt_deg);
  return angles;
}

std::vector<SectionOrder> section_orders(const std::vector<AlignedTilt>& tilts,
                                         const AretomoAlignment& a) {
  std::vector<std::size_t> table(tilts.size());
  std::iota(table.begin(), table.end(), std::size_t{0});
  const auto known = a.first_section();
  std::vector<SectionOrder> orders;
  for (const auto& order : {by_angle(tilts), table, by_dose(tilts)})
    for (const int first : {0, 1})
      if (!known || *known == first) orders.push_back({order, first});
  return orders;
}

// What of the offset neither levelling that the file admits to nor nothing explains.
double unexplained_deg(double offset_deg, const AretomoAlignment& a) {
  const double plain = std::abs(offset_deg);
  return a.alpha_offset_deg ? std::min(plain, std::abs(offset_deg - *a.alpha_offset_deg)) : plain;
}

RowMatch match_sections(const std::vector<AlignedTilt>& tilts, const AretomoAlignment& a,
                        const std::string& source) {
  const auto angles = angles_of(a);
  const double tolerance = refined_tolerance_deg(tilts);
  std::optional<RowMatch> best;
  double best_offset = 0.0, nearest = 1e9;
  bool doubtful = false;
  for (const auto& order : section_orders(tilts, a)) {
    const auto rows = rows_in(order, a);
    if (!rows) continue;
    const Agreement found = agreement(tilts, *rows, angles);
    nearest = std::min(nearest, found.worst_deg);
    if (found.worst_deg > tolerance) continue;
    const double offset = unexplained_deg(found.offset_deg, a);
    if (best && best->row_of_tilt == *rows) continue;
    if (best && std::abs(offset - best_offset) < 0.1) doubtful = true;
    if (best && offset >= best_offset) continue;
    if (best && offset < best_offset - 0.1) doubtful = false;
    best = RowMatch{*rows, found.offset_deg, offset_note(found.offset_deg, source)};
    best_offset = offset;
  }
  if (!best)
    fail(
        "the tilt angles of {} do not belong to this tilt series: however its sections are "
        "counted, some angle is off by {:.1f} degrees or more",
        source, std::min(nearest, 180.0));
  if (doubtful)
    fail("the sections of {} can be counted in two ways that agree with the angles equally well",
         source);
  return *best;
}

}  // namespace

RowMatch match_nominal(const std::vector<AlignedTilt>& tilts,
                       const std::vector<double>& nominal_deg, const std::string& source) {
  RowMatch match;
  std::vector<bool> taken(nominal_deg.size(), false);
  bool twice = false;
  for (const AlignedTilt& tilt : tilts) {
    int best = -1, near = 0;
    double distance = recorded_tolerance_deg;
    for (std::size_t row = 0; row < nominal_deg.size(); ++row) {
      const double off = std::abs(nominal_deg[row] - tilt.nominal_tilt_deg);
      if (off <= recorded_tolerance_deg) ++near;
      if (!taken[row] && off < distance) best = static_cast<int>(row), distance = off;
    }
    twice = twice || near > 1;
    if (best >= 0) taken[static_cast<std::size_t>(best)] = true;
    match.row_of_tilt.push_back(best);
  }
  if (std::all_of(match.row_of_tilt.begin(), match.row_of_tilt.end(),
                  [](int row) { return row < 0; }))
    fail("no angle of {} is the nominal angle of a tilt of this series", source);
  if (twice)
    match.note = fmt::format(
        "Several tilts have the same angle in {}: they were taken in the order of the rows.",
        source);
  return match;
}

RowMatch match_refined(const std::vector<AlignedTilt>& tilts,
                       const std::vector<double>& refined_deg, const std::string& source) {
  if (tilts.size() != refined_deg.size())
    fail("{} has {} rows, but the tilt series has {} tilts", source, refined_deg.size(),
         tilts.size());
  RowMatch match;
  match.row_of_tilt = paired_in_order(tilts, refined_deg);
  const Agreement found = agreement(tilts, match.row_of_tilt, refined_deg);
  if (found.worst_deg > refined_tolerance_deg(tilts))
    fail(
        "the tilt angles of {} do not belong to this tilt series: in order, they differ from the "
        "nominal ones by {:.2f} degrees on the whole, but at {} ({:.2f} degrees) by {:.2f} more",
        source, found.offset_deg, tilts[found.worst_tilt].key,
        tilts[found.worst_tilt].nominal_tilt_deg, found.worst_deg);
  match.offset_deg = found.offset_deg;
  match.note = offset_note(found.offset_deg, source);
  return match;
}

RowMatch match_aretomo(const std::vector<AlignedTilt>& tilts, const AretomoAlignment& alignment,
                       const std::string& source) {
  const int stated = alignment.n_sections;
  const int counted = static_cast<int>(alignment.rows.size() + alignment.dark.size());
  const int n_tilts = static_cast<int>(tilts.size());
  if (stated == n_tilts || (stated == 0 && counted == n_tilts))
    return match_sections(tilts, alignment, source);
  if (alignment.rows.size() == tilts.size())
    return match_refined(tilts, angles_of(alignment), source);
  fail("{} is of a stack of {} images ({} of them aligned), but the tilt series has {} tilts",
       source, stated > 0 ? stated : counted, alignment.rows.size(), n_tilts);
}

}  // namespace gimbal
