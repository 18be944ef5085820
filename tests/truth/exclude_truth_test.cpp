// SPDX-License-Identifier: GPL-3.0-or-later
// Simulated series with tilts spoilt on purpose: gimbal exclude --auto takes out these and no
// others, also where high tilts are dark because the specimen is thick.
#include "support/true_series.h"

#include "gimbal/core/random.h"
#include "gimbal/tilt/exclude.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace gimbal::tilt {
namespace {

struct Case {
  testing::TrueSeries series;
  std::vector<double> motion_A;
  std::set<std::string> bad;  // keys
};

void set_light(StackTilt& tilt, const std::function<double(int x, int y)>& factor) {
  double sum = 0.0, squares = 0.0;
  for (int y = 0; y < tilt.image.ny(); ++y)
    for (int x = 0; x < tilt.image.nx(); ++x) {
      const double value = (static_cast<double>(tilt.image(x, y)) + tilt.mean) * factor(x, y);
      tilt.image(x, y) = static_cast<float>(value);
      sum += value, squares += value * value;
    }
  const double n = static_cast<double>(tilt.image.count());
  tilt.mean = sum / n;
  tilt.deviation = std::sqrt(std::max(0.0, squares / n - tilt.mean * tilt.mean));
  for (int y = 0; y < tilt.image.ny(); ++y)
    for (float& value : tilt.image.view().row_span(y)) value -= static_cast<float>(tilt.mean);
}

// Something thick covers this share of the field, from a side or a corner on.
void cover(StackTilt& tilt, double share, double direction_rad) {
  const double dx = std::cos(direction_rad), dy = std::sin(direction_rad);
  std::vector<double> places;
  const auto place = [&](int x, int y) { return x * dx + y * dy; };
  for (int y = 0; y < tilt.image.ny(); ++y)
    for (int x = 0; x < tilt.image.nx(); ++x) places.push_back(place(x, y));
  const auto edge = places.begin() + static_cast<std::ptrdiff_t>(share * (places.size() - 1.0));
  std::nth_element(places.begin(), edge, places.end());
  set_light(tilt, [&, at = *edge](int x, int y) { return place(x, y) < at ? 0.05 : 1.0; });
}

StackTilt copy_of(const StackTilt& tilt) {
  StackTilt copy;
  copy.key = tilt.key;
  copy.nominal_tilt_deg = tilt.nominal_tilt_deg;
  copy.pre_exposure_e_A2 = tilt.pre_exposure_e_A2;
  copy.image = tilt.image.clone();
  copy.mean = tilt.mean;
  copy.deviation = tilt.deviation;
  return copy;
}

struct Scenario {
  const char* name;
  sim::SeriesOptions options;
  double edges = 0.0;      // share of the field that thick borders cover at the highest tilts
  double hidden_deg = 90;  // a bar of the grid hides all tilts from here on
};

std::vector<Scenario> scenarios() {
  sim::SeriesOptions usual;
  usual.nx = 128, usual.ny = 120;
  usual.pixel_A = 20.0;
  usual.tilt_step_deg = 3.0;
  usual.specimen.ice_thickness_A = 1500.0;
  usual.specimen.n_beads = 6;
  usual.specimen.n_proteins = 200;
  std::vector<Scenario> list{{"usual", usual}};
  auto low = usual;
  low.dose_per_tilt_e_A2 = 0.02;
  list.push_back({"low dose", low});
  auto crowded = usual;
  crowded.specimen.n_proteins = 1500;
  crowded.specimen.n_vesicles = 20;
  crowded.specimen.n_contaminants = 12;
  crowded.specimen.carbon_thickness_A = 300.0;
  crowded.specimen.ice_thickness_A = 2500.0;
  list.push_back({"crowded", crowded});
  auto lamella = usual;
  lamella.specimen.ice_thickness_A = 4000.0;
  lamella.tilt_min_deg = -69.0, lamella.tilt_max_deg = 69.0;
  list.push_back({"thick lamella", lamella, 0.35});
  auto pretilted = lamella;
  pretilted.tilt_min_deg = -54.0, pretilted.tilt_max_deg = 60.0;
  pretilted.angle_offset_deg = 10.0;
  pretilted.specimen.ice_thickness_A = 3000.0;
  list.push_back({"pre-tilted lamella", pretilted, 0.25});
  auto one_sided = usual;
  one_sided.tilt_min_deg = -6.0, one_sided.tilt_max_deg = 66.0;
  one_sided.scheme = "continuous";
  one_sided.specimen.ice_thickness_A = 3500.0;
  list.push_back({"one-sided", one_sided});
  list.push_back({"grid bar", usual, 0.0, 50.0});
  return list;
}

Case make_case(const Scenario& scenario, int seed) {
  sim::SeriesOptions options = scenario.options;
  options.seed = seed;
  Case c{testing::make_true_series(options), {}, {}};
  Random random(static_cast<std::uint64_t>(seed), 77);
  auto& tilts = c.series.stack.tilts;
  std::vector<std::size_t> order(tilts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[static_cast<std::size_t>(random.uniform() * (i + 1.0))]);
  for (StackTilt& tilt : tilts) {
    const double share = scenario.edges * std::pow(std::abs(tilt.nominal_tilt_deg) / 69.0, 3.0);
    if (share > 0.01) cover(tilt, share, 6.28 * random.uniform());
    c.motion_A.push_back(4.0 * std::exp(0.5 * random.normal()));
  }
  std::size_t next = 0;
  const auto spoil = [&](const std::function<void(std::size_t)>& how) {
    how(order[next]);
    c.bad.insert(tilts[order[next++]].key);
  };
  const auto dim = [&](double factor) {
    return [&tilts, factor](std::size_t i) {
      set_light(tilts[i], [factor](int, int) { return factor; });
    };
  };
  spoil([&](std::size_t i) {
    set_light(tilts[i], [](int, int) { return 0.0; });
    tilts[i].deviation = 0.0;
  });
  spoil(dim(0.05));
  spoil(dim(0.25));
  spoil([&](std::size_t i) {
    cover(tilts[i], 0.65 + 0.3 * random.uniform(), random.uniform() * 6.28);
  });
  spoil([&](std::size_t i) { c.motion_A[i] = 60.0; });
  // Not good, but of use.
  dim(0.6)(order[next++]);
  cover(tilts[order[next]], 0.3, random.uniform() * 6.28), ++next;
  for (StackTilt& tilt : tilts)
    if (tilt.nominal_tilt_deg > scenario.hidden_deg) {
      set_light(tilt, [](int, int) { return 0.1; });
      c.bad.insert(tilt.key);
    }
  // Taken again, later.
  StackTilt again = copy_of(tilts[order[next]]);
  AlignedTilt row = c.series.truth.tilts[order[next]];
  again.key += "_again";
  again.pre_exposure_e_A2 += 200.0;
  row.key = again.key;
  c.bad.insert(again.key);
  tilts.push_back(std::move(again));
  c.series.truth.tilts.push_back(row);
  c.motion_A.push_back(4.0);
  return c;
}

struct Count {
  int bad = 0, good = 0, missed = 0, false_alarms = 0;
};

void judge(Case& c, Count& count, const std::string& where) {
  ExcludeOptions options;
  options.automatic = true;
  Alignment& alignment = c.series.truth;
  for (AlignedTilt& tilt : alignment.tilts) tilt.score = std::nan("");
  exclude_by_rules(c.series.stack, c.motion_A, alignment, options);
  for (const AlignedTilt& tilt : alignment.tilts) {
    const bool is_bad = c.bad.count(tilt.key) > 0, is_out = tilt.state == TiltState::excluded;
    ++(is_bad ? count.bad : count.good);
    if (is_bad && !is_out) ++count.missed;
    if (!is_bad && is_out) ++count.false_alarms;
    EXPECT_EQ(is_bad, is_out) << where << ": " << tilt.key << " " << tilt.reason;
  }
}

TEST(ExcludeTruth, TakesOutWhatIsSpoiltAndNothingElse) {
  for (const Scenario& scenario : scenarios()) {
    Count count;
    for (int seed = 1; seed <= 5; ++seed) {
      Case c = make_case(scenario, seed);
      judge(c, count, fmt::format("{}, seed {}", scenario.name, seed));
    }
    RecordProperty(scenario.name,
                   fmt::format("{} of {} missed, {} false alarms of {}", count.missed, count.bad,
                               count.false_alarms, count.good));
    EXPECT_EQ(count.missed, 0) << scenario.name;
    EXPECT_EQ(count.false_alarms, 0) << scenario.name;
  }
}

}  // namespace
}  // namespace gimbal::tilt
