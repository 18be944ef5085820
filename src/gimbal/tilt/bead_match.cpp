// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_match.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal::tilt {
namespace {

constexpr std::size_t most_tried = 50;  // points and candidates that make hypotheses
constexpr std::size_t most_refined = 12;
// What a shift near its start, and a far one, must be better than chance (log-likelihood ratios):
// there are many more places that are far.
constexpr double accept_near = 6.0, accept_far = 12.0, near_part = 0.05;

// Log-likelihood of not finding a point that should be seen.
double missed(const Prediction& p) {
  return std::log(std::max(0.05, 1.0 - 0.9 * p.seen_part));
}

}  // namespace

TiltMatcher::TiltMatcher(const std::vector<RegisterPoint>& candidates, Size2 size, double axis_deg,
                         Vec2 start_shift_px, std::vector<Prediction> predictions)
    : candidates_(candidates),
      size_(size),
      axis_rad_(rad_from_deg(axis_deg)),
      start_(start_shift_px),
      predictions_(std::move(predictions)) {
  for (const auto& p : predictions_) cell_ = std::max({cell_, 3.0 * p.across_px, 3.0 * p.along_px});
  nx_ = static_cast<int>(size.nx / cell_) + 1;
  ny_ = static_cast<int>(size.ny / cell_) + 1;
  cells_.resize(static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Vec2 p = candidates[i].position_px;
    const int x = column(p.x + 0.5 * size.nx, nx_), y = column(p.y + 0.5 * size.ny, ny_);
    cells_[static_cast<std::size_t>(y * nx_ + x)].push_back(static_cast<int>(i));
  }
}

int TiltMatcher::column(double at, int n) const {
  return std::clamp(static_cast<int>(std::floor(at / cell_)), 0, n - 1);
}

bool TiltMatcher::inside(Vec2 p) const {
  return std::abs(p.x) < 0.5 * size_.nx && std::abs(p.y) < 0.5 * size_.ny;
}

template <typename Body>
void TiltMatcher::near(Vec2 p, const Body& body) const {
  const int x = column(p.x + 0.5 * size_.nx, nx_), y = column(p.y + 0.5 * size_.ny, ny_);
  for (int j = std::max(0, y - 1); j <= std::min(ny_ - 1, y + 1); ++j)
    for (int i = std::max(0, x - 1); i <= std::min(nx_ - 1, x + 1); ++i)
      for (int k : cells_[static_cast<std::size_t>(j * nx_ + i)]) body(k);
}

// Log-likelihood ratio of "the candidate belongs to the point" against chance.
double TiltMatcher::gain(const Prediction& p, Vec2 off, double quality) const {
  const double u = off.x * std::cos(axis_rad_) + off.y * std::sin(axis_rad_);
  const double v = -off.x * std::sin(axis_rad_) + off.y * std::cos(axis_rad_);
  const double m2 = std::pow(u / p.across_px, 2) + std::pow(v / p.along_px, 2);
  const double density =
      (static_cast<double>(candidates_.size()) + 2.0) / (static_cast<double>(size_.nx) * size_.ny);
  return std::log(p.seen_part * (0.3 + 0.7 * quality) /
                  (2.0 * std::numbers::pi * p.across_px * p.along_px * density)) -
         0.5 * m2;
}

Match TiltMatcher::judge(Vec2 shift) const {
  struct Pair {
    double gain;
    int prediction, candidate;
  };
  std::vector<Pair> pairs;
  Match match{shift, 0.0, 0, std::vector<int>(predictions_.size(), -1)};
  for (std::size_t i = 0; i < predictions_.size(); ++i) {
    const Prediction& p = predictions_[i];
    const Vec2 at = p.position_px + shift;
    if (!inside(at)) continue;
    const double miss = missed(p);
    match.score += miss;
    near(at, [&](int k) {
      const auto& candidate = candidates_[static_cast<std::size_t>(k)];
      const double g = gain(p, candidate.position_px - at, candidate.quality);
      if (g > 0.5) pairs.push_back({g - miss, static_cast<int>(i), k});
    });
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    if (a.gain != b.gain) return a.gain > b.gain;
    return a.prediction != b.prediction ? a.prediction < b.prediction : a.candidate < b.candidate;
  });
  std::vector<bool> taken(candidates_.size());
  for (const Pair& pair : pairs) {
    auto& mine = match.candidate_of[static_cast<std::size_t>(pair.prediction)];
    if (mine >= 0 || taken[static_cast<std::size_t>(pair.candidate)]) continue;
    mine = pair.candidate;
    taken[static_cast<std::size_t>(pair.candidate)] = true;
    match.score += pair.gain;
    ++match.n;
  }
  return match;
}

// A better shift from the pairs of a match.
Vec2 TiltMatcher::recentred(const Match& match) const {
  const Vec2 e{std::cos(axis_rad_), std::sin(axis_rad_)}, f{-e.y, e.x};
  double wu = 0.0, wv = 0.0, u = 0.0, v = 0.0;
  for (std::size_t i = 0; i < predictions_.size(); ++i) {
    if (match.candidate_of[i] < 0) continue;
    const Prediction& p = predictions_[i];
    const auto& candidate = candidates_[static_cast<std::size_t>(match.candidate_of[i])];
    const Vec2 off = candidate.position_px - p.position_px - match.shift_px;
    const double a = 1.0 / (p.across_px * p.across_px), b = 1.0 / (p.along_px * p.along_px);
    wu += a, u += a * (off.x * e.x + off.y * e.y);
    wv += b, v += b * (off.x * f.x + off.y * f.y);
  }
  if (wu <= 0.0) return match.shift_px;
  return match.shift_px + (u / wu) * e + (v / wv) * f;
}

double TiltMatcher::prior(Vec2 shift) const {
  const double spread = 0.25 * std::max(size_.nx, size_.ny);
  return -0.5 * std::pow(length(shift - start_) / spread, 2);
}

// An upper bound of judge(): candidates may serve two points.
double TiltMatcher::quick(Vec2 shift) const {
  double score = 0.0;
  for (const Prediction& p : predictions_) {
    const Vec2 at = p.position_px + shift;
    if (!inside(at)) continue;
    double best = missed(p);
    near(at, [&](int k) {
      const auto& candidate = candidates_[static_cast<std::size_t>(k)];
      best = std::max(best, gain(p, candidate.position_px - at, candidate.quality));
    });
    score += best;
  }
  return score;
}

// Every pair of a point and a candidate is a hypothesis about the shift; the best, not yet refined.
std::vector<Match> TiltMatcher::hypotheses() const {
  std::vector<std::size_t> order(predictions_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return predictions_[a].seen_part / predictions_[a].across_px >
           predictions_[b].seen_part / predictions_[b].across_px;
  });
  const std::size_t n_points = std::min(order.size(), most_tried);
  const std::size_t n_candidates = std::min(candidates_.size(), most_tried);
  const int n = static_cast<int>(n_points * n_candidates);
  std::vector<Match> all(static_cast<std::size_t>(n));
  parallel_blocks(n, 64, [&](int begin, int end) {
    for (int h = begin; h < end; ++h) {
      const auto& p = predictions_[order[static_cast<std::size_t>(h) / n_candidates]];
      const Vec2 shift =
          candidates_[static_cast<std::size_t>(h) % n_candidates].position_px - p.position_px;
      if (std::abs(shift.x) > 0.8 * size_.nx || std::abs(shift.y) > 0.8 * size_.ny) continue;
      Match& match = all[static_cast<std::size_t>(h)];
      match.shift_px = shift;
      match.score = quick(shift) + prior(shift);
    }
  });
  std::stable_sort(all.begin(), all.end(),
                   [](const Match& a, const Match& b) { return a.score > b.score; });
  if (all.size() > most_refined) all.resize(most_refined);
  return all;
}

Match TiltMatcher::place() const {
  if (predictions_.empty() || candidates_.empty()) return {};
  Match winner;
  for (Match& match : hypotheses()) {
    for (int step = 0; step < 4; ++step) {
      match = judge(match.shift_px);
      match.shift_px = recentred(match);
    }
    match = judge(match.shift_px);
    match.score += prior(match.shift_px);
    if (match.score > winner.score) winner = match;
  }
  const bool near = length(winner.shift_px - start_) < near_part * size_.nx;
  if (winner.score < (near ? accept_near : accept_far) || winner.n < 2) return {};
  return winner;
}

}  // namespace gimbal::tilt
