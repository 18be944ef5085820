// SPDX-License-Identifier: GPL-3.0-or-later
// One tilt's candidates against what a three-dimensional model predicts for it: at which shift do
// they agree best, and which candidate is which point?
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/core/image.h"

#include <vector>

namespace gimbal::tilt {

struct RegisterPoint {
  Vec2 position_px;      // from the image's centre, working px
  double quality = 1.0;  // 0 to 1: how much like a bead
};

// Where a point of the model is expected.
struct Prediction {
  int point = 0;
  Vec2 position_px;                        // without the tilt's shift
  double across_px = 0.0, along_px = 0.0;  // standard deviations, to the axis
  double seen_part = 0.5;                  // in how many tilts it was found where it should be
};

struct Match {
  Vec2 shift_px;
  double score = -1e9;  // log-likelihood ratio to chance
  int n = 0;
  std::vector<int> candidate_of;  // for each prediction, or -1
};

class TiltMatcher {
 public:
  // Keeps references to the candidates.
  TiltMatcher(const std::vector<RegisterPoint>& candidates, Size2 size, double axis_deg,
              Vec2 start_shift_px, std::vector<Prediction> predictions);

  // The best assignment at this shift, greedily: likeliest pairs first.
  Match judge(Vec2 shift_px) const;
  // The best shift; without candidates when none explains the tilt.
  Match place() const;
  const std::vector<Prediction>& predictions() const { return predictions_; }

 private:
  double gain(const Prediction& p, Vec2 off, double quality) const;
  double quick(Vec2 shift_px) const;
  double prior(Vec2 shift_px) const;
  Vec2 recentred(const Match& match) const;
  std::vector<Match> hypotheses() const;
  bool inside(Vec2 p) const;
  int column(double at, int n) const;
  template <typename Body>
  void near(Vec2 p, const Body& body) const;

  const std::vector<RegisterPoint>& candidates_;
  Size2 size_;
  double axis_rad_;
  Vec2 start_;
  std::vector<Prediction> predictions_;
  // Candidates in a grid, to find the nearest quickly.
  double cell_ = 1.0;
  int nx_ = 1, ny_ = 1;
  std::vector<std::vector<int>> cells_;
};

}  // namespace gimbal::tilt
