// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/plot.h"

#include "example_report.h"

#include "gimbal/report/motion_plots.h"
#include "gimbal/report/svg_canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gimbal {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Ticks, StandAtRoundNumbers) {
  const auto ticks = make_ticks(-0.3, 1.1, 5, false);
  EXPECT_EQ(ticks.labels, (std::vector<std::string>{"0.0", "0.5", "1.0"}));
  EXPECT_EQ(make_ticks(-60, 60, 4, true).labels,
            (std::vector<std::string>{"−60", "−30", "0", "30", "60"}));
  EXPECT_EQ(make_ticks(0, 0.00003, 3, false).labels.back(), "3e-05");
  EXPECT_EQ(make_ticks(0, 2.1e7, 2, false).labels.back(), "2e+07");
}

TEST(Ticks, AreFewAndInsideForAnyRange) {
  for (const double low : {-1e29, -1e6, -3.3, 0.0, 1e-20, 1.0, 99.0, 1e15})
    for (const double size : {1e-25, 1e-3, 0.7, 1.0, 120.0, 1e7, 1e29})
      for (const bool degrees : {false, true}) {
        const auto ticks = make_ticks(low, low + size, 5, degrees);
        EXPECT_LE(ticks.values.size(), 101u);
        EXPECT_EQ(ticks.values.size(), ticks.labels.size());
        for (const double value : ticks.values) {
          EXPECT_GE(value, low - 1e-6 * size - 1e-9 * std::abs(low));
          EXPECT_LE(value, low + size + 1e-6 * size + 1e-9 * std::abs(low));
        }
      }
  EXPECT_TRUE(make_ticks(0, nan, 5, false).values.empty());
  EXPECT_TRUE(make_ticks(1, 1, 5, false).values.empty());
}

// Keeps what is drawn, to look at it.
class Recorder : public Canvas {
 public:
  void line(const std::vector<Point>& points, const Pen&) override {
    for (const auto& point : points) see(point);
    ++lines;
  }
  void disc(Point centre, double, const Colour&) override {
    see(centre);
    ++discs;
  }
  void ring(Point centre, double, const Pen&) override { see(centre); }
  void box(const Rect& rect, const Colour&) override {
    see({rect.x, rect.y});
    see({rect.right(), rect.bottom()});
    boxes.push_back(rect);
  }
  void picture(const Rect& rect, const std::string&) override { see({rect.x, rect.y}); }
  void text(Point baseline, const std::string& text, const TextStyle&) override {
    see(baseline);
    texts.push_back(text);
  }
  void clip_begin(const Rect&) override { clipped = true; }
  void clip_end() override { clipped = false; }
  void group_begin(const std::string&) override { ++open_groups; }
  void group_end() override { --open_groups; }

  Rect area{0, 0, 400, 300};
  int discs = 0;
  int lines = 0;
  std::vector<Rect> boxes;
  int open_groups = 0;
  bool clipped = false;
  bool inside = true;
  bool finite = true;
  std::vector<std::string> texts;

 private:
  void see(Point p) {
    finite = finite && std::isfinite(p.x) && std::isfinite(p.y);
    inside = inside && (clipped || (p.x >= area.x && p.x <= area.right() && p.y >= area.y &&
                                    p.y <= area.bottom()));
  }
};

Recorder drawn(const std::vector<Point>& points, bool equal = false) {
  Plot plot{"title", {"x"}, {"y"}, equal, {}};
  plot.curves.push_back({"a", points, {}, role(Ink::text), 1.0, Marker::dot, true});
  Recorder recorder;
  draw_plot(recorder, recorder.area, plot);
  EXPECT_EQ(recorder.open_groups, 0);
  return recorder;
}

std::vector<std::string> labels_of(std::vector<double> errors, double least_span) {
  Plot plot{"title", {"x"}, {"y"}, false, {}};
  plot.y.least_span = least_span;
  plot.curves.push_back({"a", {{0, 96.0}, {1, 96.01}}, {}, role(Ink::text), 1.0, Marker::dot});
  plot.curves.back().errors = std::move(errors);
  Recorder recorder;
  draw_plot(recorder, recorder.area, plot);
  return recorder.texts;
}

bool holds(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

TEST(Plot, HoldsErrorBarsAndIsNoNarrowerThanItsLeastSpan) {
  EXPECT_FALSE(holds(labels_of({}, 0.0), "95.990"));
  EXPECT_TRUE(holds(labels_of({0.015, 0.0}, 0.0), "95.990"));
  EXPECT_TRUE(holds(labels_of({}, 2.0), "95.5"));
  EXPECT_FALSE(holds(labels_of({1000.0, 0.0}, 0.0), "0"));  // the points stay apart
}

TEST(Plot, StaysInItsAreaWhateverTheNumbers) {
  std::vector<std::vector<Point>> cases = {{},
                                           {{0, 0}},
                                           {{0, 0}, {1, 1}},
                                           {{nan, nan}},
                                           {{1, nan}, {nan, 2}, {3, 4}},
                                           {{infinity, 1}, {-infinity, 2}},
                                           {{1e300, -1e300}, {1, 1}},
                                           {{1e29, -1e29}, {1, 1}},
                                           {{1e-300, 2e-300}, {0, 0}},
                                           {{5, 7}, {5, 7}, {5, 7}},
                                           {{1e15, 1}, {1e15 + 1, 2}}};
  cases.emplace_back();
  for (int i = 0; i < 1000; ++i) cases.back().push_back({std::sin(i * 0.1) * i, std::cos(i) * i});
  for (std::size_t i = 0; i < cases.size(); ++i)
    for (const bool equal : {false, true}) {
      const auto recorder = drawn(cases[i], equal);
      EXPECT_TRUE(recorder.finite) << i;
      EXPECT_TRUE(recorder.inside) << i;
    }
}

TEST(Plot, LeavesOutWhatIsNotANumber) {
  EXPECT_EQ(drawn({{1, 1}, {nan, 1}, {2, infinity}, {3, 3}}).discs, 2 + 1);  // and the legend's
}

TEST(Plot, SaysHowFarAwayAnOutlierIs) {
  Plot plot{"motion", {"tilt"}, {"A"}, false, {}};
  plot.y.cap = 10.0;
  plot.curves.push_back({"a", {{0, 1}, {1, 5}, {2, 82}}, {}, role(Ink::text), 0.0, Marker::dot});
  Recorder recorder;
  draw_plot(recorder, recorder.area, plot);
  EXPECT_TRUE(recorder.inside);
  EXPECT_NE(std::find(recorder.texts.begin(), recorder.texts.end(), "82↑"), recorder.texts.end());
}

TEST(Plot, BarsStandOnZeroAndKeepTheirWidth) {
  Plot plot{"score", {"tilt"}, {"score", true}, false, {}};
  Curve bars{"", {{-10, 0.5}, {0, 1.0}, {10, nan}, {20, 0.0}}, {}, role(Ink::text)};
  bars.bar_width = 5.0;
  plot.curves.push_back(bars);
  Recorder recorder;
  draw_plot(recorder, recorder.area, plot);
  EXPECT_TRUE(recorder.inside);
  ASSERT_EQ(recorder.boxes.size(), 3u);
  const auto& b = recorder.boxes;
  EXPECT_NEAR(b[1].height, 2.0 * b[0].height, 1e-9);
  EXPECT_NEAR(b[2].height, 0.0, 1e-9);
  EXPECT_NEAR(b[0].bottom(), b[1].bottom(), 1e-9);
  EXPECT_NEAR(b[1].x - b[0].x, 2.0 * b[0].width, 1e-9);
}

TEST(Plot, ErrorsReachToBothSides) {
  const auto lines = [](std::vector<double> errors) {
    Plot plot{"shift", {"tilt"}, {"A"}, false, {}};
    Curve curve{"", {{0, 0}, {1, 100}, {2, 50}}, {}, role(Ink::text), 0.0, Marker::dot};
    curve.errors = std::move(errors);
    plot.curves.push_back(curve);
    Recorder recorder;
    draw_plot(recorder, recorder.area, plot);
    EXPECT_TRUE(recorder.inside);
    EXPECT_TRUE(recorder.finite);
    return recorder.lines;
  };
  const int without = lines({});
  EXPECT_EQ(lines({1, 2, 3}), without + 9);
  EXPECT_EQ(lines({0, nan, 3}), without + 3);
  EXPECT_EQ(lines({1e29, infinity}), without + 3);
}

TEST(MotionPlots, DriftIsMinusTheShiftFromTheFirstFrame) {
  MovieReport movie;
  movie.shift_x_A = {1.0, 3.0};
  movie.shift_y_A = {0.0, -4.0, 9.0};
  const auto drift = drift_A(movie);
  ASSERT_EQ(drift.size(), 2u);
  EXPECT_EQ(drift[0].x, 0.0);
  EXPECT_EQ(drift[1].x, -2.0);
  EXPECT_EQ(drift[1].y, 4.0);
}

TEST(MotionPlots, DrawTroubleAndNothing) {
  const auto report = example_report({3, 41, 8, false, true});
  std::vector<SeriesReport> cases(report.series);
  cases.emplace_back();
  cases.emplace_back().movies.resize(3);
  cases.emplace_back().movies.resize(1);
  cases.back().movies[0].status = MovieStatus::failed;
  cases.emplace_back().movies.resize(1);
  cases.back().movies[0].shift_x_A = {0, 1e300, nan};
  cases.back().movies[0].shift_y_A = {0, 1e300, nan};
  for (const auto& series : cases) {
    const auto summary = summarise(series);
    for (const auto& plot : {drift_plot(series, summary), total_motion_plot(series, summary),
                             counts_plot(series, summary)}) {
      Recorder recorder;
      draw_plot(recorder, recorder.area, plot);
      EXPECT_TRUE(recorder.finite && recorder.inside) << plot.title;
    }
    for (const auto& movie : series.movies) {
      Recorder recorder;
      draw_track(recorder, {0, 0, 90, 90}, movie, 60.0, track_box_A(series));
      EXPECT_TRUE(recorder.finite);
    }
  }
}

TEST(MotionPlots, EveryTrackStaysInItsSquare) {
  const auto report = example_report({3, 41, 8, false, true});
  for (const auto& series : report.series)
    for (const auto& movie : series.movies) {
      Recorder recorder;
      recorder.area = {0, 0, 90, 90};
      draw_track(recorder, recorder.area, movie, 60.0, track_box_A(series));
      EXPECT_TRUE(recorder.inside) << movie.movie;
    }
}

TEST(MotionPlots, OrdersByTilt) {
  SeriesReport series;
  for (const double angle : {3.0, nan, -60.0, 0.0}) {
    series.movies.emplace_back().tilt_angle_deg = angle;
  }
  EXPECT_EQ(by_tilt(series), (std::vector<std::size_t>{2, 3, 0, 1}));
}

TEST(SvgCanvas, EscapesNamesAndUsesRoles) {
  SvgCanvas canvas(10, 10, "p", "a<b");
  canvas.group_begin("<script>");
  canvas.text({1, 2}, "x & \"y\"", {});
  canvas.group_end();
  canvas.line({{0, 0}, {1.04, -0.04}}, {role(Ink::grid)});
  const auto svg = canvas.finish();
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_NE(svg.find("aria-label=\"a&lt;b\""), std::string::npos);
  EXPECT_NE(svg.find("x &amp; &quot;y&quot;"), std::string::npos);
  EXPECT_NE(svg.find("d=\"M0 0L1 0\" class=\"sg\""), std::string::npos) << svg;
}

}  // namespace
}  // namespace gimbal
