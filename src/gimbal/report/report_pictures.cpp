// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/report_pictures.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/report/jpeg.h"

#include <numeric>

namespace gimbal {
namespace {

struct Step {
  int eighths;
  int quality;
};
constexpr std::size_t sampled = 64;  // movies
constexpr Step steps[] = {{8, 60}, {6, 60}, {5, 50}, {4, 45}, {3, 40}, {2, 40}};

// A record may have been damaged on disk: a picture is not worth losing the report.
std::string shrunk(const std::string& jpeg, const Step& step) {
  if (jpeg.empty()) return {};
  try {
    return encode_jpeg(decode_jpeg(jpeg, step.eighths).view(), step.quality);
  } catch (const Error&) {
    return {};
  }
}

std::vector<MoviePictures> shrunk(const std::vector<MoviePictures>& originals, const Step& step) {
  std::vector<MoviePictures> pictures(originals.size());
  parallel_for(static_cast<int>(originals.size()), [&](int i) {
    const auto& from = originals[static_cast<std::size_t>(i)];
    pictures[static_cast<std::size_t>(i)] = {shrunk(from.sum_jpeg, step),
                                             shrunk(from.spectrum_jpeg, step)};
  });
  return pictures;
}

bool starts_as_jpeg(const std::string& bytes) {
  return bytes.starts_with("\xFF\xD8\xFF");
}

std::size_t size_of(const std::vector<MoviePictures>& pictures) {
  return std::accumulate(pictures.begin(), pictures.end(), std::size_t{0},
                         [](std::size_t sum, const MoviePictures& movie) {
                           return sum + movie.sum_jpeg.size() + movie.spectrum_jpeg.size();
                         });
}

}  // namespace

std::vector<MoviePictures> fitted_pictures(const MotionJobReport& report, std::size_t budget) {
  std::vector<MoviePictures> originals;
  for (const auto& series : report.series)
    for (const auto& movie : series.movies)
      originals.push_back({starts_as_jpeg(movie.sum_jpeg) ? movie.sum_jpeg : "",
                           starts_as_jpeg(movie.spectrum_jpeg) ? movie.spectrum_jpeg : ""});
  if (size_of(originals) <= budget) return originals;

  // A sample tells which step will do, so that the work is done once, rarely twice.
  const std::size_t stride = (originals.size() + sampled - 1) / sampled;
  std::vector<MoviePictures> sample;
  for (std::size_t i = 0; i < originals.size(); i += stride) sample.push_back(originals[i]);
  const double share =
      static_cast<double>(size_of(sample)) / static_cast<double>(size_of(originals));
  std::vector<MoviePictures> pictures;
  for (const Step& step : steps) {
    const bool last = &step == std::end(steps) - 1;
    const auto expected = static_cast<double>(size_of(shrunk(sample, step)));
    if (!last && expected > share * static_cast<double>(budget)) continue;
    pictures = shrunk(originals, step);
    if (size_of(pictures) <= budget) break;
  }
  return pictures;
}

}  // namespace gimbal
