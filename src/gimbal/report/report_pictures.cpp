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
constexpr std::size_t sampled = 128;  // pictures
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

std::vector<std::string> shrunk(const std::vector<std::string>& originals, const Step& step) {
  std::vector<std::string> pictures(originals.size());
  parallel_for(static_cast<int>(originals.size()), [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    pictures[index] = shrunk(originals[index], step);
  });
  return pictures;
}

bool starts_as_jpeg(const std::string& bytes) {
  return bytes.starts_with("\xFF\xD8\xFF");
}

std::size_t size_of(const std::vector<std::string>& pictures) {
  return std::accumulate(
      pictures.begin(), pictures.end(), std::size_t{0},
      [](std::size_t sum, const std::string& jpeg) { return sum + jpeg.size(); });
}

std::vector<std::string*> slices_of(AlignPictures& p) {
  return {&p.before.xy, &p.before.xz, &p.before.yz, &p.after.xy, &p.after.xz, &p.after.yz};
}

}  // namespace

std::vector<std::string> fitted_pictures(std::vector<std::string> originals, std::size_t budget) {
  for (auto& jpeg : originals)
    if (!starts_as_jpeg(jpeg)) jpeg.clear();
  if (size_of(originals) <= budget) return originals;

  // A sample tells which step will do, so that the work is done once, rarely twice.
  // Odd, so that it meets sums and spectra.
  const std::size_t stride = ((originals.size() + sampled - 1) / sampled) | 1U;
  std::vector<std::string> sample;
  for (std::size_t i = 0; i < originals.size(); i += stride) sample.push_back(originals[i]);
  const double share =
      static_cast<double>(size_of(sample)) / static_cast<double>(size_of(originals));
  std::vector<std::string> pictures;
  for (const Step& step : steps) {
    const bool last = &step == std::end(steps) - 1;
    const auto expected = static_cast<double>(size_of(shrunk(sample, step)));
    if (!last && expected > share * static_cast<double>(budget)) continue;
    pictures = shrunk(originals, step);
    if (size_of(pictures) <= budget) break;
  }
  return pictures;
}

std::vector<MoviePictures> fitted_pictures(const MotionJobReport& report, std::size_t budget) {
  std::vector<std::string> originals;
  for (const auto& series : report.series)
    for (const auto& movie : series.movies) {
      originals.push_back(movie.sum_jpeg);
      originals.push_back(movie.spectrum_jpeg);
    }
  auto fitted = fitted_pictures(std::move(originals), budget);
  std::vector<MoviePictures> pictures(fitted.size() / 2);
  for (std::size_t i = 0; i < pictures.size(); ++i)
    pictures[i] = {std::move(fitted[2 * i]), std::move(fitted[2 * i + 1])};
  return pictures;
}

std::vector<AlignPictures> fitted_pictures(const AlignJobReport& report, std::size_t budget) {
  std::vector<AlignPictures> pictures;
  std::vector<std::string> jpegs;
  for (const auto& series : report.series) {
    pictures.push_back(series.pictures);
    for (auto* jpeg : slices_of(pictures.back())) jpegs.push_back(*jpeg);
    for (const auto& tilt : series.pictures.tilts) jpegs.push_back(tilt.jpeg);
  }
  jpegs = fitted_pictures(std::move(jpegs), budget);
  auto next = jpegs.begin();
  for (auto& series : pictures) {
    for (auto* jpeg : slices_of(series)) *jpeg = std::move(*next++);
    for (auto& tilt : series.tilts) tilt.jpeg = std::move(*next++);
  }
  return pictures;
}

std::vector<SlicePictures> fitted_pictures(const ReconJobReport& report, std::size_t budget) {
  std::vector<SlicePictures> pictures;
  std::vector<std::string> jpegs;
  for (const auto& series : report.series) {
    pictures.push_back(series.pictures);
    for (const auto* jpeg : {&series.pictures.xy, &series.pictures.xz, &series.pictures.yz})
      jpegs.push_back(*jpeg);
  }
  jpegs = fitted_pictures(std::move(jpegs), budget);
  auto next = jpegs.begin();
  for (auto& series : pictures)
    for (auto* jpeg : {&series.xy, &series.xz, &series.yz}) *jpeg = std::move(*next++);
  return pictures;
}

}  // namespace gimbal
