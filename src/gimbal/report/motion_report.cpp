// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/motion_report.h"

#include "gimbal/core/error.h"
#include "gimbal/data/unusual_motion.h"
#include "gimbal/report/text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>

namespace gimbal {
namespace {

// Below this many movies a series is no measure of its members.
constexpr int enough_movies = 5;
constexpr double far_fewer = 0.15;  // of the median counts: less than any specimen absorbs

double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return MovieReport::unknown;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

std::vector<double> of_done_movies(const SeriesReport& series, double MovieReport::*member) {
  std::vector<double> values;
  for (const auto& movie : series.movies)
    if (movie.status == MovieStatus::done && std::isfinite(movie.*member))
      values.push_back(movie.*member);
  return values;
}

struct Typical {
  double motion_A = MovieReport::unknown;  // unknown: too few movies to say
  double counts = MovieReport::unknown;
  std::pair<int, int> size;  // of more than half of the movies; 0: there is no such
  std::size_t frames = 0;
};

// The value that more than half of the movies that are done have, or T().
template <typename T, typename Of>
T of_most(const SeriesReport& series, const Of& of) {
  std::map<T, int> counts;
  int all = 0;
  for (const auto& movie : series.movies)
    if (movie.status == MovieStatus::done) ++counts[of(movie)], ++all;
  for (const auto& [value, count] : counts)
    if (2 * count > all) return value;
  return {};
}

std::pair<int, int> size_of(const MovieReport& movie) {
  return {movie.nx, movie.ny};
}
std::size_t frames_of(const MovieReport& movie) {
  return movie.shift_x_A.size();
}

// Numbers of EER frames may vary a little, and exposure times with the angle.
bool is_other_length(std::size_t frames, std::size_t usual) {
  return usual > 0 && (4 * frames <= 3 * usual || 3 * frames >= 4 * usual);
}

MovieDoubts doubts_of(const MovieReport& movie, const Typical& typical) {
  MovieDoubts doubts{movie.warnings};
  if (movie.status != MovieStatus::done) return doubts;
  if (const auto [nx, ny] = typical.size; nx > 0 && size_of(movie) != typical.size)
    doubts.texts.push_back(
        fmt::format("it has {} x {} px, most movies of its series have {} x {}: does it belong to "
                    "it?",
                    movie.nx, movie.ny, nx, ny));
  if (is_other_length(frames_of(movie), typical.frames))
    doubts.texts.push_back(fmt::format(
        "it has {} frames, most movies of its series have {}: is it complete, and of this series?",
        frames_of(movie), typical.frames));
  if (is_unusual_motion(movie.total_motion_A, typical.motion_A))
    doubts.texts.push_back(fmt::format(
        "it moved {} A, far more than the median of its series ({} A): look at its drift",
        fixed(movie.total_motion_A, 1), fixed(typical.motion_A, 1)));
  if (movie.mean_counts_per_px < far_fewer * typical.counts)
    doubts.texts.push_back(fmt::format(
        "it has {} counts/px in a frame, {:.0f} % of the median of its series: is the beam "
        "blocked?",
        fixed(movie.mean_counts_per_px, 3), 100.0 * movie.mean_counts_per_px / typical.counts));
  return doubts;
}

// Texts that differ only in their numbers are the same remark.
std::string without_numbers(const std::string& text) {
  std::string key;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit)
      key += c;
    else if (!key.ends_with('#'))
      key += '#';
  }
  return key;
}

class Remarks {
 public:
  void add(Remark::Kind kind, const std::string& text, int movies, int series_index,
           const std::string& example) {
    const auto key = std::pair{kind, without_numbers(text)};
    const auto [place, is_new] = index_.try_emplace(key, remarks_.size());
    if (is_new) {
      remarks_.push_back({kind, text, 0, 0, example});
      last_series_.push_back(-1);
    }
    Remark& remark = remarks_[place->second];
    remark.movies += movies;
    if (series_index >= 0 && last_series_[place->second] != series_index) ++remark.series;
    last_series_[place->second] = series_index;
  }
  // Failures, what was skipped, warnings; within each, what concerns most movies first.
  std::vector<Remark> sorted() && {
    std::stable_sort(remarks_.begin(), remarks_.end(), [](const Remark& a, const Remark& b) {
      return a.kind != b.kind ? a.kind < b.kind : a.movies > b.movies;
    });
    return std::move(remarks_);
  }

 private:
  std::map<std::pair<Remark::Kind, std::string>, std::size_t> index_;
  std::vector<Remark> remarks_;
  std::vector<int> last_series_;
};

std::string place_of(const SeriesReport& series, const MovieReport& movie) {
  const auto angle = std::isfinite(movie.tilt_angle_deg)
                         ? fmt::format(" at {} deg", fixed(movie.tilt_angle_deg, 1))
                         : std::string();
  return fmt::format("{}{}: {}", series.name, angle, movie.movie);
}

std::vector<Remark> remarks_of(const MotionJobReport& report,
                               const std::vector<SeriesSummary>& summaries) {
  Remarks remarks;
  for (const auto& text : report.warnings) remarks.add(Remark::Kind::warning, text, 0, -1, "");
  for (std::size_t s = 0; s < report.series.size(); ++s) {
    const auto& series = report.series[s];
    const int index = static_cast<int>(s);
    for (const auto& text : series.warnings)
      remarks.add(Remark::Kind::warning, text, 0, index, series.name);
    for (std::size_t m = 0; m < series.movies.size(); ++m) {
      const auto& movie = series.movies[m];
      const auto place = place_of(series, movie);
      if (movie.status != MovieStatus::done)
        remarks.add(
            movie.status == MovieStatus::failed ? Remark::Kind::failure : Remark::Kind::skipped,
            movie.reason.empty() ? "no reason is known" : movie.reason, 1, index, place);
      for (const auto& text : summaries[s].doubts[m].texts)
        remarks.add(Remark::Kind::warning, text, 1, index, place);
    }
  }
  return std::move(remarks).sorted();
}

JobSummary::Outcome outcome_of(const JobSummary& job) {
  using enum JobSummary::Outcome;
  if (job.failed > 0) return job.done == 0 ? failed : some_failed;
  if (job.skipped > 0 || job.movies == 0) return incomplete;
  return job.doubtful > 0 || !job.remarks.empty() ? doubtful : good;
}

std::string verdict_of(const JobSummary& job, int n_series) {
  if (job.movies == 0) return "There are no movies: nothing was done.";
  std::string text;
  if (job.done == job.movies)
    text = fmt::format("{} of {} {} motion-corrected",
                       job.movies == 1 ? "The 1 movie" : "All " + counted(job.movies, "movie"),
                       counted(n_series, "tilt series"), job.movies == 1 ? "is" : "are");
  else if (job.failed > 0)
    text = fmt::format("{} of {} failed; {} motion-corrected", grouped(job.failed),
                       counted(job.movies, "movie"),
                       job.done == 0   ? "none is"
                       : job.done == 1 ? "1 is"
                                       : grouped(job.done) + " are");
  else
    text = fmt::format("{} of {} {} motion-corrected", grouped(job.done),
                       counted(job.movies, "movie"), job.done == 1 ? "is" : "are");
  if (job.skipped > 0) text += fmt::format("; {} skipped", grouped(job.skipped));
  if (job.doubtful > 0) text += fmt::format("; {} worth a look", grouped(job.doubtful));
  return text + ".";
}

}  // namespace

SeriesSummary summarise(const SeriesReport& series) {
  SeriesSummary summary;
  const auto motions = of_done_movies(series, &MovieReport::total_motion_A);
  const auto counts = of_done_movies(series, &MovieReport::mean_counts_per_px);
  summary.median_motion_A = median(motions);
  if (!motions.empty()) summary.max_motion_A = *std::max_element(motions.begin(), motions.end());

  Typical typical;
  if (motions.size() >= enough_movies) typical.motion_A = summary.median_motion_A;
  if (counts.size() >= enough_movies) typical.counts = median(counts);
  typical.size = of_most<std::pair<int, int>>(series, size_of);
  typical.frames = of_most<std::size_t>(series, frames_of);
  std::vector<double> local;
  for (const auto& movie : series.movies) {
    summary.doubts.push_back(doubts_of(movie, typical));
    if (std::isfinite(movie.tilt_angle_deg))
      summary.max_tilt_deg = std::fmax(summary.max_tilt_deg, std::abs(movie.tilt_angle_deg));
    if (movie.status == MovieStatus::failed) ++summary.failed;
    if (movie.status == MovieStatus::skipped) ++summary.skipped;
    if (movie.status != MovieStatus::done) continue;
    ++summary.done;
    if (!summary.doubts.back().texts.empty()) ++summary.doubtful;
    if (movie.local_rms_A > 0.0) local.push_back(movie.local_rms_A);
  }
  summary.with_local_model = static_cast<int>(local.size());
  summary.median_local_A = median(local);
  return summary;
}

JobSummary summarise(const MotionJobReport& report) {
  JobSummary job;
  for (const auto& series : report.series) {
    job.series.push_back(summarise(series));
    const auto& summary = job.series.back();
    job.movies += static_cast<int>(series.movies.size());
    job.done += summary.done;
    job.failed += summary.failed;
    job.skipped += summary.skipped;
    job.doubtful += summary.doubtful;
  }
  job.remarks = remarks_of(report, job.series);
  job.outcome = outcome_of(job);
  job.verdict = verdict_of(job, static_cast<int>(report.series.size()));
  return job;
}

std::string place_text(const Remark& remark) {
  std::string text;
  if (remark.movies > 0) text = counted(remark.movies, "movie") + " in ";
  if (remark.series > 0) text += counted(remark.series, "tilt series");
  if (!remark.example.empty() && remark.movies + remark.series > 2)
    return text + ", the first is " + remark.example;
  return remark.example.empty() ? text : remark.example;
}

}  // namespace gimbal
