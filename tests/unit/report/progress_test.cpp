// SPDX-License-Identifier: GPL-3.0-or-later
#include "progress.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

namespace gimbal::app {
namespace {

struct Screen {
  double now_s = 100.0;
  int columns = 80;
  std::string bytes;

  ProgressTarget target(bool terminal, bool color = false) {
    return {terminal, color, [this] { return columns; },
            [this](std::string_view text) { bytes += text; }, [this] { return now_s; }};
  }
  // What a terminal shows, line by line: "\r\x1b[K" empties the current line.
  std::vector<std::string> lines() const {
    std::vector<std::string> result{""};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes.compare(i, 4, "\r\x1b[K") == 0) {
        result.back().clear();
        i += 3;
      } else if (bytes[i] == '\n') {
        result.emplace_back();
      } else {
        result.back() += bytes[i];
      }
    }
    return result;
  }
};

int characters(const std::string& text) {
  int n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return n;
}

TEST(Progress, ShowsCountsPaceAndTimeLeft) {
  Screen screen;
  Progress progress(screen.target(true), "motion", 10);
  for (int i = 0; i < 4; ++i) {
    progress.started("frames/m" + std::to_string(i) + ".tif");
    screen.now_s += 6.0;
    progress.finished("");
  }
  EXPECT_EQ(screen.lines().size(), 1u);
  const auto line = screen.lines().back();
  EXPECT_NE(line.find("motion"), std::string::npos) << line;
  EXPECT_NE(line.find("4/10"), std::string::npos) << line;
  EXPECT_NE(line.find("10/min 36 s left"), std::string::npos) << line;
  EXPECT_NE(line.find("frames/m3.tif"), std::string::npos) << line;
}

TEST(Progress, LogLinesStayWhole) {
  Screen screen;
  Progress progress(screen.target(true), "motion", 3);
  progress.finished("a");
  progress.print_line("warning: one\n");
  screen.now_s += 1.0;
  progress.finished("b");
  progress.print_line("warning: two");
  progress.close();
  progress.print_line("end");
  const auto lines = screen.lines();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "warning: one");
  EXPECT_EQ(lines[1], "warning: two");
  EXPECT_NE(lines[2].find("2/3"), std::string::npos);
  EXPECT_EQ(lines[3], "end");
  EXPECT_EQ(lines[4], "");
}

TEST(Progress, KeepsToTheWidthOfTheTerminal) {
  const std::string name = "frames/Überlänge_\x1b[31m_" + std::string(300, 'x') + ".eer";
  for (int columns = 1; columns < 200; ++columns) {
    Screen screen;
    screen.columns = columns;
    Progress progress(screen.target(true), "motion correction", 1000);
    for (int i = 0; i < 5; ++i) {
      progress.started(name);
      screen.now_s += 7.3;
      progress.finished(name, i == 3);
    }
    const auto line = screen.lines().back();
    EXPECT_LT(characters(line), std::max(columns, 2)) << line;
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
    if (columns >= 60) {
      EXPECT_NE(line.find("5/1000 1 failed"), std::string::npos) << line;
    }
  }
}

TEST(Progress, ColorsOnlyWhenAsked) {
  Screen grey, colored;
  { Progress progress(grey.target(true, false), "x", 1); }
  { Progress progress(colored.target(true, true), "x", 1); }
  EXPECT_EQ(grey.bytes.find("\x1b[3"), std::string::npos);
  EXPECT_NE(colored.bytes.find("\x1b[32m"), std::string::npos);
}

TEST(Progress, RedrawsAtMostTenTimesASecond) {
  Screen screen;
  Progress progress(screen.target(true), "motion", 100000);
  for (int i = 0; i < 10000; ++i) {
    screen.now_s += 0.0001;
    progress.finished("x");
  }
  std::size_t pictures = 0;
  for (std::size_t at = 0; (at = screen.bytes.find('\r', at)) != std::string::npos; ++at)
    ++pictures;
  EXPECT_LE(pictures, 12u);
  EXPECT_GE(pictures, 9u);
}

TEST(Progress, WritesFewPlainLinesToAFile) {
  Screen screen;
  {
    Progress progress(screen.target(false), "motion", 1000);
    for (int i = 0; i < 1000; ++i) {
      screen.now_s += 0.5;
      progress.finished("x", i == 10);
    }
  }
  EXPECT_EQ(screen.bytes.find('\r'), std::string::npos);
  EXPECT_EQ(screen.bytes.find('\x1b'), std::string::npos);
  const auto lines = screen.lines();
  ASSERT_EQ(lines.size(), 21u);  // 20 lines, and the empty one after the last break
  EXPECT_EQ(lines[0], "motion: 50/1000 (5 %), 1 failed, 120/min, 7 min 55 s left");
  EXPECT_EQ(lines[19], "motion: 1000/1000 (100 %), 1 failed, took 8 min 20 s");
}

TEST(Progress, WritesAPlainLineEveryHalfMinuteWhenItemsAreSlow) {
  Screen screen;
  Progress progress(screen.target(false), "motion", 8200);
  for (int i = 0; i < 8; ++i) {
    screen.now_s += 10.0;
    progress.finished("x");
  }
  EXPECT_EQ(screen.lines().size(), 3u);
}

TEST(Progress, ItemsOfAnEarlierRunCountButDoNotSetThePace) {
  Screen screen;
  Progress progress(screen.target(true), "motion", 100, 90);
  EXPECT_NE(screen.lines().back().find("90/100"), std::string::npos);
  for (int i = 0; i < 2; ++i) {
    screen.now_s += 10.0;
    progress.finished("x");
  }
  EXPECT_NE(screen.lines().back().find("92/100 6.0/min 1 min 20 s left"), std::string::npos)
      << screen.lines().back();
}

TEST(Progress, NothingToDoIsDone) {
  Screen screen;
  {
    Progress progress(screen.target(true), "motion", 0);
    progress.finished("x");
  }
  EXPECT_NE(screen.bytes.find(" 0/0"), std::string::npos);
  EXPECT_TRUE(screen.bytes.ends_with('\n'));
}

TEST(Progress, ManyThreadsLoseNothing) {
  Screen screen;
  {
    Progress progress(screen.target(true), "motion", 400);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&progress, t] {
        for (int i = 0; i < 100; ++i) {
          progress.started("item");
          progress.finished("item", t == 0);
          progress.print_line("line " + std::to_string(t));
        }
      });
  }
  const auto lines = screen.lines();
  ASSERT_EQ(lines.size(), 402u);
  for (std::size_t i = 0; i < 400; ++i) EXPECT_EQ(lines[i].substr(0, 5), "line ") << i;
  EXPECT_NE(lines[400].find("400/400 100 failed"), std::string::npos) << lines[400];
}

TEST(Pace, APauseDoesNotSpoilTheEstimate) {
  Pace pace(0.0);
  double now = 0.0;
  for (int i = 0; i < 40; ++i) {
    now += i == 20 ? 3600.0 : 2.0;
    pace.finished(now);
  }
  EXPECT_DOUBLE_EQ(pace.seconds_per_item(), 2.0);
  EXPECT_DOUBLE_EQ(pace.seconds_left(30, now), 60.0);
  EXPECT_DOUBLE_EQ(pace.seconds_left(30, now + 1.0), 59.0);
  EXPECT_DOUBLE_EQ(pace.seconds_left(30, now + 100.0), 58.0);
}

TEST(Pace, BurstsOfManyThreadsGiveTheRate) {
  Pace pace(0.0);
  for (int burst = 1; burst <= 20; ++burst)
    for (int thread = 0; thread < 8; ++thread) pace.finished(16.0 * burst + 0.01 * thread);
  EXPECT_NEAR(pace.seconds_per_item(), 2.0, 0.05);
}

TEST(Pace, IsNotKnownAtFirst) {
  Pace pace(5.0);
  EXPECT_EQ(pace.seconds_per_item(), 0.0);
  pace.finished(6.0);
  EXPECT_EQ(pace.seconds_per_item(), 0.0);
}

TEST(Duration, IsReadable) {
  EXPECT_EQ(duration_text(-1), "0 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(7505), "2 h 05 min");
  EXPECT_EQ(duration_text(86400.0 * 3 + 4 * 3600), "3 d 4 h");
}

}  // namespace
}  // namespace gimbal::app
