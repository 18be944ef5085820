// SPDX-License-Identifier: GPL-3.0-or-later
// Fills bad pixels with values of good pixels near them.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/core/random.h"
#include "gimbal/data/outliers.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gimbal {

// A bad pixel takes the value of one good pixel of the same frame. Its candidates are the good
// pixels of the smallest square around it, of at least 5 x 5 px, that holds more than 6; deep in a
// defect wider than 33 px, the nearest good pixels to its left, right, top and bottom. A
// hash of the pixel's position and the frame's number chooses one, so the result is the same for
// any order of work, the choice differs from frame to frame, and the noise stays white. Nothing is
// averaged or invented. A pixel without any good pixel in its row and column becomes 0.
class DefectFiller {
 public:
  DefectFiller() = default;
  explicit DefectFiller(const DefectMask& mask);

  std::size_t n_bad() const { return bad_x_.size(); }

  // Replaces the bad pixels of a frame of the mask's size.
  void apply(View<float> frame, int frame_number) const;

  // Replaces the bad pixels of row y, for callers that make one row at a time: value_at(x, y) gives
  // any good pixel of the frame (raw value times gain).
  template <typename ValueAt>
  void apply_row(int y, float* row, int frame_number, const ValueAt& value_at) const {
    if (bad_x_.empty()) return;
    const auto at = static_cast<std::size_t>(y);
    for (std::uint32_t i = row_first_[at]; i < row_first_[at + 1]; ++i) {
      const std::span<const Offset> candidates(candidates_.data() + first_[i],
                                               first_[i + 1] - first_[i]);
      const int x = bad_x_[i];
      if (candidates.empty()) {
        row[x] = 0.0F;
        continue;
      }
      const Offset from = candidates[choice(x, y, frame_number, candidates.size())];
      row[x] = value_at(x + from.dx, y + from.dy);
    }
  }

 private:
  struct Offset {
    std::int16_t dx = 0;
    std::int16_t dy = 0;
  };
  static std::size_t choice(int x, int y, int frame_number, std::size_t n) {
    const std::uint64_t position =
        (static_cast<std::uint64_t>(static_cast<std::uint32_t>(y)) << 32U) |
        static_cast<std::uint32_t>(x);
    const std::uint64_t hash =
        splitmix64(splitmix64(position) + static_cast<std::uint64_t>(frame_number));
    return static_cast<std::size_t>(((hash >> 32U) * n) >> 32U);
  }
  void add_candidates(const DefectMask& mask, int x, int y);
  void add_ring(const DefectMask& mask, int x, int y, int radius_px);
  void add_nearest_in_cross(const DefectMask& mask, int x, int y);

  std::vector<std::int32_t> bad_x_;       // of all bad pixels, by rows
  std::vector<std::uint32_t> row_first_;  // where row y begins in bad_x_
  std::vector<std::uint32_t> first_;      // where a bad pixel's candidates begin
  std::vector<Offset> candidates_;
};

}  // namespace gimbal
