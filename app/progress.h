// SPDX-License-Identifier: GPL-3.0-or-later
// Progress on stderr: on a terminal one line that is rewritten (bar, count, rate, time left,
// current item), otherwise a plain line now and then. Lines of the log go through print_line(), so
// that the bar never cuts them. May be used from several threads.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace gimbal::app {

struct ProgressTarget {
  bool terminal = false;  // rewrite one line
  bool color = false;
  std::function<int()> columns;                 // width of the terminal
  std::function<void(std::string_view)> write;  // bytes to stderr
  std::function<double()> now_s;                // a clock that never goes back
};

// stderr as it is: a terminal or not, NO_COLOR and TERM=dumb obeyed, the real clock.
ProgressTarget standard_error();

// Time left, from the times at which items were finished. A pause (a suspended machine, a slow
// disk) does not spoil it for long: the pace is the median over blocks of recent items.
class Pace {
 public:
  explicit Pace(double start_s) : finished_s_{start_s} {}
  void finished(double now_s);
  double seconds_per_item() const;  // 0: not known yet
  double seconds_left(int items, double now_s) const;

 private:
  static constexpr std::size_t n_kept = 64;
  std::deque<double> finished_s_;  // the start, or an older item, comes first
};

// "8 s", "3 min 20 s", "2 h 05 min", "3 d 4 h".
std::string duration_text(double seconds);

class Progress {
 public:
  // already_done: items of an earlier run; they count as done, but say nothing about the pace.
  Progress(ProgressTarget target, std::string title, int total, int already_done = 0);
  ~Progress();  // leaves the line as it is, with a line break
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void started(const std::string& item);  // what is shown as the current item
  void finished(const std::string& item, bool failed = false);
  void print_line(std::string_view line);  // a line of the log; the break at its end is added
  void close();                            // the last state stays, further calls only print lines

 private:
  std::string bar_line(int columns) const;
  std::string plain_line() const;
  void draw(bool now);

  ProgressTarget target_;
  std::string title_;
  int total_;
  int done_;
  int failed_ = 0;
  std::string item_;
  Pace pace_;
  double start_s_;
  double drawn_s_;
  int drawn_percent_ = 0;
  bool bar_on_screen_ = false;
  bool closed_ = false;
  mutable std::mutex mutex_;
};

}  // namespace gimbal::app
