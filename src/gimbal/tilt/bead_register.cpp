// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_register.h"

#include "gimbal/core/units.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr std::size_t most_new = 150;  // points that one tilt may add

struct Knowledge {
  double xx = 0.0, xz = 0.0, zz = 0.0;  // information about a point's x and z, 1 / px^2
  int n_seen = 0, n_expected = 0;
};

class Registrar {
 public:
  Registrar(const RegisterInput& input, double axis_deg, double tilt_range_deg)
      : in_(input), range_(tilt_range_deg) {
    out_.model.axis_deg = axis_deg;
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
      out_.model.tilts.push_back({.tilt_deg = in_.tilt_deg[t], .shift_px = in_.start_px[t]});
      out_.point_of.emplace_back(in_.points[t].size(), -1);
    }
    tried_.resize(in_.tilt_deg.size());
  }

  Registration run() {
    const int first = reference();
    if (first < 0) return std::move(out_);
    reference_deg_ = in_.tilt_deg[static_cast<std::size_t>(first)];
    accept(first, {});
    // Those that do not fit wait until the model is better.
    for (int pass = 0; pass < 3; ++pass) {
      std::fill(tried_.begin(), tried_.end(), false);
      bool any = false;
      for (int t = next(); t >= 0; t = next()) any |= try_tilt(t);
      if (!any) break;
    }
    update(4);
    mend();
    reassign();
    out_.score = 0.0;
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t)
      if (pose(t).placed) {
        ++out_.n_placed;
        out_.score += std::max(0.0, matcher(static_cast<int>(t)).judge(pose(t).shift_px).score);
      }
    return std::move(out_);
  }

 private:
  BeadPose& pose(std::size_t t) { return out_.model.tilts[t]; }
  double slack_px() const { return in_.match_px; }

  // Near zero tilt, with many good candidates.
  int reference() const {
    int best = -1;
    double most = 0.0;
    double lowest = 1e9;
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t)
      if (in_.points[t].size() >= 3) lowest = std::min(lowest, std::abs(in_.tilt_deg[t]));
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
      const double beyond = std::abs(in_.tilt_deg[t]) - lowest;
      if (beyond > 15.0) continue;
      double sum = 0.0;
      for (const auto& point : in_.points[t]) sum += point.quality;
      sum *= 1.0 - beyond / 40.0;
      if (sum > most) most = sum, best = static_cast<int>(t);
    }
    return best;
  }

  // The tilt that has not been tried and is nearest in angle to one that is placed.
  int next() const {
    int best = -1;
    double least = 1e9;
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
      if (out_.model.tilts[t].placed || tried_[t] || in_.points[t].empty()) continue;
      if (std::abs(in_.tilt_deg[t] - reference_deg_) > range_) continue;
      for (std::size_t s = 0; s < in_.tilt_deg.size(); ++s) {
        if (!out_.model.tilts[s].placed) continue;
        const double far = std::abs(in_.tilt_deg[t] - in_.tilt_deg[s]);
        if (far < least - 1e-9) least = far, best = static_cast<int>(t);
      }
    }
    return best;
  }

  bool try_tilt(int t) {
    tried_[static_cast<std::size_t>(t)] = true;
    const Match match = matcher(t).place();
    if (match.candidate_of.empty()) return false;
    pose(static_cast<std::size_t>(t)).shift_px = match.shift_px;
    accept(t, match);
    ++n_accepted_;
    // The first tilts change the model most.
    if (n_accepted_ < 8 || n_accepted_ % 3 == 0) update(2);
    return true;
  }

  TiltMatcher matcher(int t) const {
    const auto tilt = static_cast<std::size_t>(t);
    return {in_.points[tilt], in_.size, out_.model.axis_deg, in_.start_px[tilt], predict(t)};
  }

  std::vector<Prediction> predict(int t) const {
    const double tilt = rad_from_deg(in_.tilt_deg[static_cast<std::size_t>(t)]);
    const double c = std::cos(tilt), s = std::sin(tilt);
    std::vector<Prediction> list;
    for (std::size_t i = 0; i < out_.model.points.size(); ++i) {
      const Knowledge& k = known_[i];
      if (k.n_expected > 6 && k.n_seen < 0.2 * k.n_expected) continue;
      const double zz = k.zz + 1.0 / std::pow(in_.depth_sigma_px, 2);
      const double det = k.xx * zz - k.xz * k.xz;
      const double variance = (c * c * zz - 2.0 * c * s * k.xz + s * s * k.xx) / det;
      Prediction p;
      p.point = static_cast<int>(i);
      const Vec2 seen = out_.model.predict(t, out_.model.points[i]);
      p.position_px = seen - out_.model.tilts[static_cast<std::size_t>(t)].shift_px;
      p.across_px = std::min(std::sqrt(variance + slack_px() * slack_px()), 60.0);
      p.along_px = slack_px();
      p.seen_part = (k.n_seen + 1.0) / (k.n_expected + 2.0);
      list.push_back(p);
    }
    return list;
  }

  // Early assignments were made with a poor model.
  void reassign() {
    for (int twice = 0; twice < 2; ++twice) {
      for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
        if (!pose(t).placed) continue;
        const int index = static_cast<int>(t);
        const TiltMatcher tilt = matcher(index);
        std::fill(out_.point_of[t].begin(), out_.point_of[t].end(), -1);
        assign(index, tilt.judge(pose(t).shift_px), tilt.predictions());
      }
      learn();
      update(4);
    }
  }

  void assign(int t, const Match& match, const std::vector<Prediction>& predictions) {
    auto& point_of = out_.point_of[static_cast<std::size_t>(t)];
    for (std::size_t i = 0; i < predictions.size(); ++i)
      if (match.candidate_of[i] >= 0)
        point_of[static_cast<std::size_t>(match.candidate_of[i])] = predictions[i].point;
  }

  // Makes matches sightings, and what is left of the candidates new points.
  void accept(int t, const Match& match) {
    const auto index = static_cast<std::size_t>(t);
    pose(index).placed = true;
    auto& point_of = out_.point_of[index];
    std::fill(point_of.begin(), point_of.end(), -1);
    if (!match.candidate_of.empty()) assign(t, match, predict(t));
    const double axis = rad_from_deg(out_.model.axis_deg), c = std::cos(axis), s = std::sin(axis);
    const double cb = std::cos(rad_from_deg(in_.tilt_deg[index]));
    for (std::size_t k = 0; k < point_of.size(); ++k) {
      if (point_of[k] >= 0 || k >= most_new) continue;
      const Vec2 d = in_.points[index][k].position_px - pose(index).shift_px;
      point_of[k] = static_cast<int>(out_.model.points.size());
      out_.model.points.push_back({(c * d.x + s * d.y) / cb, -s * d.x + c * d.y, 0.0});
      known_.emplace_back();
    }
    learn();
  }

  // What is known about each point from its sightings.
  void learn() {
    std::fill(known_.begin(), known_.end(), Knowledge{});
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
      if (!pose(t).placed) continue;
      const double tilt = rad_from_deg(in_.tilt_deg[t]), c = std::cos(tilt), s = std::sin(tilt);
      const double w = 1.0 / (slack_px() * slack_px());
      for (const int i : out_.point_of[t]) {
        if (i < 0) continue;
        Knowledge& k = known_[static_cast<std::size_t>(i)];
        k.xx += w * c * c, k.xz += w * c * s, k.zz += w * s * s;
        ++k.n_seen;
      }
    }
    for (std::size_t i = 0; i < known_.size(); ++i)
      for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
        if (!pose(t).placed) continue;
        const Vec2 p = out_.model.predict(static_cast<int>(t), out_.model.points[i]);
        if (std::abs(p.x) < 0.5 * in_.size.nx && std::abs(p.y) < 0.5 * in_.size.ny)
          ++known_[i].n_expected;
      }
  }

  void update(int steps) {
    std::vector<Sighting> sightings;
    double lowest = 1e9, highest = -1e9;
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
      if (!pose(t).placed) continue;
      lowest = std::min(lowest, in_.tilt_deg[t]), highest = std::max(highest, in_.tilt_deg[t]);
      for (std::size_t k = 0; k < out_.point_of[t].size(); ++k) {
        const int i = out_.point_of[t][k];
        if (i >= 0 && known_[static_cast<std::size_t>(i)].n_seen > 1)
          sightings.push_back({static_cast<int>(t), i, in_.points[t][k].position_px, 0.5, 1.0});
      }
    }
    RefineOptions refining;
    refining.axis = highest - lowest > 8.0;
    refining.depth_sigma_px = in_.depth_sigma_px;
    refining.least_scale_px = 0.5;
    refining.steps = steps;
    if (!sightings.empty()) out_.scale_px = refine(out_.model, sightings, refining);
    learn();
  }

  // Tilts that agree badly with the model of the others are placed again.
  void mend() {
    bool changed = false;
    for (std::size_t t = 0; t < in_.tilt_deg.size(); ++t) {
      if (!pose(t).placed) continue;
      const int index = static_cast<int>(t);
      const TiltMatcher tilt = matcher(index);
      const Match now = tilt.judge(pose(t).shift_px), again = tilt.place();
      if (again.candidate_of.empty()) continue;
      if (length(again.shift_px - pose(t).shift_px) < 3.0 * slack_px() && again.n <= now.n)
        continue;
      if (again.score < now.score + 3.0) continue;
      pose(t).shift_px = again.shift_px;
      accept(index, again);
      changed = true;
    }
    if (changed) update(4);
  }

  const RegisterInput& in_;
  double range_;
  double reference_deg_ = 0.0;
  int n_accepted_ = 0;
  Registration out_;
  std::vector<Knowledge> known_;
  std::vector<bool> tried_;
};

}  // namespace

Registration register_beads(const RegisterInput& input) {
  std::vector<double> axes{input.axis_deg};
  if (input.axis_known) {
    const Registration direct = Registrar(input, input.axis_deg, 1e9).run();
    const int n = static_cast<int>(input.tilt_deg.size());
    if (direct.n_placed >= 0.9 * n && direct.scale_px < 1.0) return direct;
    for (const double off : {-7.0, 7.0, -14.0, 14.0}) axes.push_back(input.axis_deg + off);
  } else {
    axes.clear();
    for (double axis = 0.0; axis < 180.0; axis += 12.0) axes.push_back(axis);
  }
  // The tilts around the reference tell the axis.
  double best_axis = input.axis_deg, best_score = -1.0;
  for (const double axis : axes) {
    const Registration part = Registrar(input, axis, 28.0).run();
    if (part.score > best_score) best_score = part.score, best_axis = part.model.axis_deg;
  }
  return Registrar(input, best_axis, 1e9).run();
}

}  // namespace gimbal::tilt
