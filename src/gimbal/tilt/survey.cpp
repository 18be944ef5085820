// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/survey.h"

#include "gimbal/core/error.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/num/rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace gimbal::tilt {
namespace {

// Around a value near the mean, so that nothing is lost to rounding.
double squares_of(const float* row, int n, float around) {
  constexpr int lanes = 8;
  std::array<double, lanes> sums{};
  int x = 0;
  for (; x + lanes <= n; x += lanes)
    for (int k = 0; k < lanes; ++k) {
      const float d = row[x + k] - around;
      sums[static_cast<std::size_t>(k)] += static_cast<double>(d) * static_cast<double>(d);
    }
  for (; x < n; ++x) sums[0] += static_cast<double>(row[x] - around) * (row[x] - around);
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

void look_at(const ImageSource& source, int max_px, SurveyedImage& result) {
  if (source.path.empty()) fail("no image is named");
  const auto reader = open_frames(source.path);
  if (source.section < 0 || source.section >= reader->info().n_frames)
    fail("{} has {} images, but number {} was asked for", source.path.string(),
         reader->info().n_frames, source.section + 1);
  RawFrame frame;
  reader->read(source.section, frame);
  const int bin = std::max(1, (std::max(frame.nx, frame.ny) + max_px - 1) / max_px);
  Image<float> small(std::max(1, frame.nx / bin), std::max(1, frame.ny / bin));
  const int nx = std::min(bin * small.nx(), frame.nx), ny = std::min(bin * small.ny(), frame.ny);
  std::vector<float> row(static_cast<std::size_t>(frame.nx));
  double sum = 0.0, squares = 0.0;
  float around = 0.0F;
  for (int y = 0; y < frame.ny; ++y) {
    frame.row_to_float(y, row.data());
    if (!all_finite(row.data(), frame.nx))
      fail("{} holds NaN or infinite values", source.path.string());
    const double total = row_total(row.data(), frame.nx);
    if (y == 0) around = static_cast<float>(total / frame.nx);
    sum += total;
    squares += squares_of(row.data(), frame.nx, around);
    if (y < ny)
      add_binned_row(row.data(), nx / small.nx(), small.nx(), small.row(y / (ny / small.ny())));
  }
  const double n = static_cast<double>(frame.nx) * frame.ny;
  result.mean = sum / n;
  const double off = result.mean - static_cast<double>(around);
  result.deviation = std::sqrt(std::max(0.0, squares / n - off * off));
  const float scale =
      1.0F / (static_cast<float>(nx / small.nx()) * static_cast<float>(ny / small.ny()));
  for (int y = 0; y < small.ny(); ++y)
    for (float& value : small.view().row_span(y)) value *= scale;
  result.size = {frame.nx, frame.ny};
  result.small = std::move(small);
}

}  // namespace

SurveyedImage survey_image(const ImageSource& source, int max_px) {
  SurveyedImage result;
  try {
    look_at(source, max_px, result);
  } catch (const Error& error) {
    result.problem = error.what();
  }
  return result;
}

}  // namespace gimbal::tilt
