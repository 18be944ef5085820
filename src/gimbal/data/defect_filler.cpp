// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/defect_filler.h"

#include "gimbal/core/error.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace gimbal {
namespace {

constexpr int first_radius_px = 2;
constexpr std::size_t enough_candidates = 7;
constexpr std::size_t max_candidates = 24;  // as many as a single bad pixel has in 5 x 5
constexpr int last_radius_px = 16;          // of the search in squares
constexpr int max_reach_px = 32767;         // of an offset

}  // namespace

DefectFiller::DefectFiller(const DefectMask& mask) {
  constexpr int block = 256;
  row_first_.push_back(0);
  for (int y = 0; y < mask.ny(); ++y) {
    const std::uint8_t* row = mask.row(y);
    for (int x0 = 0; x0 < mask.nx(); x0 += block) {
      const int x1 = std::min(mask.nx(), x0 + block);
      unsigned any = 0;  // most blocks are good: vector code skips them
      for (int x = x0; x < x1; ++x) any |= row[x];
      for (int x = x0; x < x1 && any != 0; ++x) {
        if (row[x] == 0) continue;
        bad_x_.push_back(x);
        first_.push_back(static_cast<std::uint32_t>(candidates_.size()));
        add_candidates(mask, x, y);
      }
    }
    row_first_.push_back(static_cast<std::uint32_t>(bad_x_.size()));
  }
  first_.push_back(static_cast<std::uint32_t>(candidates_.size()));
}

void DefectFiller::add_candidates(const DefectMask& mask, int x, int y) {
  const std::size_t before = candidates_.size();
  for (int r = 1; r <= last_radius_px; ++r) {
    add_ring(mask, x, y, r);
    if (r >= first_radius_px && candidates_.size() - before >= enough_candidates) break;
  }
  if (candidates_.size() == before) add_nearest_in_cross(mask, x, y);
  candidates_.resize(std::min(candidates_.size(), before + max_candidates));
}

void DefectFiller::add_ring(const DefectMask& mask, int x, int y, int radius_px) {
  for (int v = std::max(0, y - radius_px); v <= std::min(mask.ny() - 1, y + radius_px); ++v) {
    const bool whole_row = std::abs(v - y) == radius_px;
    for (int u = x - radius_px; u <= x + radius_px; u += whole_row ? 1 : 2 * radius_px) {
      if (u < 0 || u >= mask.nx() || mask(u, v) != 0) continue;
      candidates_.push_back({static_cast<std::int16_t>(u - x), static_cast<std::int16_t>(v - y)});
    }
  }
}

void DefectFiller::add_nearest_in_cross(const DefectMask& mask, int x, int y) {
  for (const auto& [step_x, step_y] : {std::pair{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
    int u = x, v = y, reach = 0;
    while (u >= 0 && u < mask.nx() && v >= 0 && v < mask.ny() && reach <= max_reach_px) {
      if (mask(u, v) == 0) {
        candidates_.push_back({static_cast<std::int16_t>(u - x), static_cast<std::int16_t>(v - y)});
        break;
      }
      u += step_x;
      v += step_y;
      ++reach;
    }
  }
}

void DefectFiller::apply(View<float> frame, int frame_number) const {
  if (bad_x_.empty()) return;
  const int ny = static_cast<int>(row_first_.size()) - 1;
  if (frame.ny() != ny)
    fail("a frame of {} rows was given to be filled with defects of {} rows", frame.ny(), ny);
  for (int y = 0; y < ny; ++y)
    apply_row(y, frame.row(y), frame_number, [&](int u, int v) { return frame(u, v); });
}

}  // namespace gimbal
