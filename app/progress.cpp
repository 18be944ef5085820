// SPDX-License-Identifier: GPL-3.0-or-later
#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

namespace gimbal::app {
namespace {

constexpr double redraw_s = 0.1;        // a terminal gets at most 10 pictures a second
constexpr double plain_every_s = 30.0;  // a log file gets a line for this, or
constexpr int plain_every_percent = 5;  // for this
constexpr int usual_columns = 80;

constexpr std::string_view erase_line = "\r\x1b[K";
constexpr std::string_view green = "\x1b[32m", red = "\x1b[31m", plain = "\x1b[0m";

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

int width_of(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

// The end of a name, at most `columns` wide; what a terminal might obey becomes '?'.
std::string end_of(const std::string& name, int columns) {
  std::string text;
  for (const char c : name) {
    const auto code = static_cast<unsigned char>(c);
    text += code < 0x20 || code == 0x7F ? '?' : c;
  }
  if (width_of(text) <= columns) return text;
  if (columns < 4) return {};
  std::size_t begin = text.size();
  for (int kept = 0; kept < columns - 3;) kept += continues_character(text[--begin]) ? 0 : 1;
  return fmt::format("...{}", text.substr(begin));
}

// Blocks of a bar of `columns` cells, an eighth of a cell fine.
std::string bar_cells(double fraction, int columns) {
  static constexpr const char* parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(fraction * columns * 8.0);
  std::string cells;
  for (int i = 0; i < eighths / 8; ++i) cells += "█";
  cells += parts[eighths % 8];
  for (int i = (eighths + 7) / 8; i < columns; ++i) cells += "·";
  return cells;
}

std::string rate_text(double seconds_per_item) {
  if (seconds_per_item <= 0.0) return {};
  const double per_minute = 60.0 / seconds_per_item;
  return per_minute >= 1.0 ? fmt::format("{:.{}f}/min", per_minute, per_minute < 10.0 ? 1 : 0)
                           : fmt::format("{:.1f}/h", 60.0 * per_minute);
}

}  // namespace

ProgressTarget standard_error() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  const char* kind = std::getenv("TERM");
  const bool capable = kind != nullptr && std::string_view(kind) != "dumb";
  ProgressTarget target;
  target.terminal = ::isatty(STDERR_FILENO) == 1 && capable;
  target.color = target.terminal && !set("NO_COLOR");
  target.columns = [] {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? static_cast<int>(size.ws_col) : usual_columns;
  };
  target.write = [](std::string_view text) {
    while (!text.empty()) {
      const auto written = ::write(STDERR_FILENO, text.data(), text.size());
      if (written <= 0) return;  // nobody reads: progress is not worth failing for
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  };
  target.now_s = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
  return target;
}

void Pace::finished(double now_s) {
  finished_s_.push_back(now_s);
  if (finished_s_.size() > n_kept) finished_s_.pop_front();
}

double Pace::seconds_per_item() const {
  // Several threads finish items in bursts, so single distances say little: blocks of at least an
  // eighth of the kept items are compared.
  const std::size_t n = finished_s_.size() - 1;
  if (n < 2) return 0.0;
  const std::size_t block = std::max<std::size_t>(1, (n + 7) / 8);
  std::vector<double> paces;
  for (std::size_t end = n; end >= block; end -= block)
    paces.push_back((finished_s_[end] - finished_s_[end - block]) / static_cast<double>(block));
  std::sort(paces.begin(), paces.end());
  const std::size_t half = paces.size() / 2;
  return paces.size() % 2 == 1 ? paces[half] : 0.5 * (paces[half - 1] + paces[half]);
}

double Pace::seconds_left(int items, double now_s) const {
  const double pace = seconds_per_item();
  const double since_last = now_s - finished_s_.back();
  return std::max(pace * items - std::min(since_last, pace), 0.0);
}

std::string duration_text(double seconds) {
  const auto s = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e9)));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  if (s < 24 * 3600) return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {} h", s / 86400, s / 3600 % 24);
}

Progress::Progress(ProgressTarget target, std::string title, int total, int already_done)
    : target_(std::move(target)),
      title_(std::move(title)),
      total_(std::max(total, already_done)),
      done_(already_done),
      pace_(target_.now_s()),
      start_s_(target_.now_s()),
      drawn_s_(start_s_) {
  drawn_percent_ = total_ > 0 ? 100 * done_ / total_ : 0;
  draw(target_.terminal);
}

Progress::~Progress() {
  close();
}

void Progress::started(const std::string& item) {
  const std::lock_guard lock(mutex_);
  item_ = item;
  if (target_.terminal) draw(false);
}

void Progress::finished(const std::string& item, bool failed) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  done_ = std::min(done_ + 1, total_);
  failed_ += failed ? 1 : 0;
  if (item_.empty() || !target_.terminal) item_ = item;
  pace_.finished(target_.now_s());
  draw(done_ == total_);
}

void Progress::print_line(std::string_view line) {
  const std::lock_guard lock(mutex_);
  while (line.ends_with('\n')) line.remove_suffix(1);
  std::string text;
  if (bar_on_screen_) text += erase_line;
  text += line;
  text += '\n';
  if (bar_on_screen_) text += bar_line(target_.columns());
  target_.write(text);
}

void Progress::close() {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  item_.clear();
  if (target_.terminal) draw(true);
  closed_ = true;
  if (std::exchange(bar_on_screen_, false)) target_.write("\n");
}

// At once, or when it is time again.
void Progress::draw(bool now) {
  if (closed_) return;
  const double time_s = target_.now_s();
  if (target_.terminal) {
    if (!now && bar_on_screen_ && time_s - drawn_s_ < redraw_s) return;
    target_.write(fmt::format("{}{}", erase_line, bar_line(target_.columns())));
    bar_on_screen_ = true;
  } else {
    const int percent = total_ > 0 ? static_cast<int>(100LL * done_ / total_) : 100;
    const bool due =
        percent - drawn_percent_ >= plain_every_percent || time_s - drawn_s_ >= plain_every_s;
    if (!now && !due) return;
    target_.write(plain_line() + "\n");
    drawn_percent_ = percent;
  }
  drawn_s_ = time_s;
}

std::string Progress::bar_line(int columns) const {
  const double fraction = total_ > 0 ? static_cast<double>(done_) / total_ : 1.0;
  std::string counts = fmt::format(" {}/{}", done_, total_);
  const std::string failures = failed_ > 0 ? fmt::format(" {} failed", failed_) : "";
  std::string times;
  const double now = target_.now_s();
  if (done_ >= total_)
    times = fmt::format(" {}", duration_text(now - start_s_));
  else if (pace_.seconds_per_item() > 0.0)
    times = fmt::format(" {} {} left", rate_text(pace_.seconds_per_item()),
                        duration_text(pace_.seconds_left(total_ - done_, now)));

  // The last column stays free: a full line would make some terminals scroll. What does not fit
  // goes: first the item, then the bar, then the title.
  const int room = columns - 1;
  const int fixed = width_of(counts) + width_of(failures) + width_of(times);
  const std::string title = fixed + width_of(title_) <= room ? title_ : "";
  const int free = room - fixed - width_of(title);
  const int bar = free < 8 ? 0 : std::clamp(free / 2, 6, 30);
  std::string line = title;
  if (bar > 0) {
    const auto cells = bar_cells(fraction, bar);
    line += target_.color ? fmt::format(" {}{}{}", green, cells, plain) : " " + cells;
  }
  line += counts;
  line += target_.color && failed_ > 0 ? fmt::format("{}{}{}", red, failures, plain) : failures;
  line += times;
  const auto item = end_of(item_, free - (bar > 0 ? bar + 1 : 0) - 2);
  if (!item.empty()) line += "  " + item;
  if (fixed <= room) return line;
  return end_of(counts, room);  // a very narrow terminal
}

std::string Progress::plain_line() const {
  const double now = target_.now_s();
  std::string line = fmt::format("{}: {}/{} ({} %)", title_, done_, total_,
                                 total_ > 0 ? static_cast<int>(100LL * done_ / total_) : 100);
  if (failed_ > 0) line += fmt::format(", {} failed", failed_);
  if (done_ >= total_)
    line += fmt::format(", took {}", duration_text(now - start_s_));
  else if (pace_.seconds_per_item() > 0.0)
    line += fmt::format(", {}, {} left", rate_text(pace_.seconds_per_item()),
                        duration_text(pace_.seconds_left(total_ - done_, now)));
  return line;
}

}  // namespace gimbal::app
