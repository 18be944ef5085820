// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/true_motion.h"

#include "gimbal/core/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace gimbal::sim {
namespace {

// From 0 at the first to 1 at the last frame, fast at first: settling with the given time constant.
std::vector<double> settling(int n_frames, double time_constant_frames) {
  std::vector<double> course(static_cast<std::size_t>(n_frames), 0.0);
  const double whole = 1.0 - std::exp(-(n_frames - 1) / time_constant_frames);
  for (int i = 1; i < n_frames; ++i)
    course[static_cast<std::size_t>(i)] = (1.0 - std::exp(-i / time_constant_frames)) / whole;
  return course;
}

std::vector<Vec2> straight(const std::vector<double>& course, Vec2 total) {
  std::vector<Vec2> path;
  for (double part : course) path.push_back(part * total);
  return path;
}

void add_random_walk(std::vector<Vec2>& path, double step_px, Random& random) {
  Vec2 offset;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const double x = random.normal(), y = random.normal();
    offset = offset + step_px * Vec2{x, y};
    path[i] = path[i] + offset;
  }
}

using SpatialMode = std::function<Vec2(double u, double v)>;

// Scales a spatial mode to the wanted rms around its mean, and lets it settle in time.
LocalDisplacement scaled(const SpatialMode& mode, Size2 size, int n_frames, double rms_px,
                         double tau) {
  constexpr int n = 33;
  Vec2 sum;
  double squares = 0.0;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) {
      const Vec2 d = mode((i + 0.5) / n - 0.5, (j + 0.5) / n - 0.5);
      sum = sum + d;
      squares += d.x * d.x + d.y * d.y;
    }
  const Vec2 mean = (1.0 / (n * n)) * sum;
  const double variance = squares / (n * n) - mean.x * mean.x - mean.y * mean.y;
  const double scale = variance > 0.0 ? rms_px / std::sqrt(variance) : 0.0;
  return [=, course = settling(n_frames, tau)](double x, double y, int frame) {
    const double part = course[static_cast<std::size_t>(frame)];
    return (scale * part) * (mode(x / size.nx - 0.5, y / size.ny - 0.5) - mean);
  };
}

}  // namespace

Vec2 TrueMotion::displacement(double x, double y, int frame) const {
  Vec2 d = drift_px.empty() ? Vec2{} : drift_px.at(static_cast<std::size_t>(frame));
  if (local) d = d + local(x, y, frame);
  return d;
}

Shift TrueMotion::shift(double x, double y, int frame) const {
  const Vec2 d = displacement(x, y, frame);
  return {-d.x, -d.y};
}

std::vector<Vec2> make_drift(DriftKind kind, int n_frames, Vec2 total_px, std::uint64_t seed) {
  const auto n = static_cast<std::size_t>(n_frames);
  Random random(seed, 0x64726966);
  const double steps = std::max(1, n_frames - 1);
  std::vector<double> linear(n);
  for (std::size_t i = 0; i < n; ++i) linear[i] = static_cast<double>(i) / steps;
  switch (kind) {
    case DriftKind::none:
      return std::vector<Vec2>(n);
    case DriftKind::linear:
      return straight(linear, total_px);
    case DriftKind::exponential:
      return straight(settling(n_frames, 0.3 * n_frames), total_px);
    case DriftKind::jitter: {
      std::vector<Vec2> path(n);
      add_random_walk(path, length(total_px) / std::sqrt(2.0 * steps), random);
      return path;
    }
    case DriftKind::jump: {
      auto path = straight(linear, (2.0 / 3.0) * total_px);
      const std::size_t from =
          1 + static_cast<std::size_t>(random.below(std::max(1, n_frames - 1)));
      for (std::size_t i = from; i < n; ++i) path[i] = path[i] + (1.0 / 3.0) * total_px;
      return path;
    }
    case DriftKind::mixed:
      break;
  }
  const double bend = 0.4 * (2.0 * random.uniform() - 1.0);
  const Vec2 across{-bend * total_px.y, bend * total_px.x};
  const auto settled = settling(n_frames, 0.2 * n_frames);
  std::vector<Vec2> path(n);
  for (std::size_t i = 0; i < n; ++i)
    path[i] = settled[i] * (0.7 * total_px + across) + linear[i] * (0.3 * total_px - across);
  add_random_walk(path, 0.03 * length(total_px), random);
  return path;
}

LocalDisplacement polynomial_motion(const LocalMotionModel& model, Size2 size) {
  return [=](double x, double y, int frame) {
    const Shift shift = model.at(x / size.nx, y / size.ny, frame);
    return Vec2{-shift.x, -shift.y};
  };
}

LocalDisplacement beam_induced_motion(Size2 size, int n_frames, double rms_px, std::uint64_t seed) {
  Random random(seed, 0x6265616d);
  std::array<double, 10> c{};
  for (double& value : c) value = random.normal();
  // The dome's top lies somewhere in the field, and the stretch is stronger than the bend.
  const auto mode = [c](double u, double v) {
    const auto quadratic = [](double a, double b, double e, double p, double q) {
      return a * p * p + b * q * q + e * p * q;
    };
    return Vec2{c[0] * u + c[1] * v + 1.5 * quadratic(c[2], c[3], c[4], u, v),
                c[5] * u + c[6] * v + 1.5 * quadratic(c[7], c[8], c[9], u, v)};
  };
  return scaled(mode, size, n_frames, rms_px, 0.3 * n_frames);
}

LocalDisplacement wavy_motion(Size2 size, int n_frames, double rms_px, std::uint64_t seed) {
  struct Wave {
    double ku, kv, phase, x, y;
  };
  Random random(seed, 0x77617679);
  std::array<Wave, 6> waves{};
  for (Wave& wave : waves) {
    const double turns = 0.35 + 0.65 * random.uniform(), angle = random.uniform();
    wave.ku = 2.0 * std::numbers::pi * turns * std::cos(2.0 * std::numbers::pi * angle);
    wave.kv = 2.0 * std::numbers::pi * turns * std::sin(2.0 * std::numbers::pi * angle);
    wave.phase = 2.0 * std::numbers::pi * random.uniform();
    wave.x = random.normal();
    wave.y = random.normal();
  }
  const auto mode = [waves](double u, double v) {
    Vec2 d;
    for (const Wave& wave : waves)
      d = d + std::cos(wave.ku * u + wave.kv * v + wave.phase) * Vec2{wave.x, wave.y};
    return d;
  };
  return scaled(mode, size, n_frames, rms_px, 0.35 * n_frames);
}

}  // namespace gimbal::sim
