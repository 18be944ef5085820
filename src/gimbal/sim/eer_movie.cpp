// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/eer_movie.h"

#include "gimbal/core/error.h"
#include "gimbal/core/random.h"
#include "gimbal/sim/eer_writer.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace gimbal::sim {
namespace {

class EerMovie : public MovieWriter {
 public:
  explicit EerMovie(const MovieFile& file)
      : file_(file),
        writer_(file.path, file.size.nx / file.eer_upsampling, file.size.ny / file.eer_upsampling,
                {.exposure_e_A2 = file.exposure_e_A2,
                 .pixel_A = file.pixel_A * file.eer_upsampling,
                 .exposure_time_s = 0.004 * file.n_frames * file.eer_raw_frames,
                 .n_frames = file.n_frames * file.eer_raw_frames}) {}

  // A raw frame sees at most one electron in a pixel, so those of one pixel go to different frames;
  // more electrons than raw frames are lost.
  void append(View<const float> counts) override {
    const int n_raw = file_.eer_raw_frames;
    std::vector<std::vector<EerElectron>> raw(static_cast<std::size_t>(n_raw));
    std::vector<int> order(static_cast<std::size_t>(n_raw));
    std::iota(order.begin(), order.end(), 0);
    const int parts = 4 / file_.eer_upsampling;  // quarter pixels of the detector in a pixel
    for (int y = 0; y < counts.ny(); ++y) {
      const auto stream = static_cast<std::uint64_t>(appended_) * 65536U;
      Random random(file_.seed, stream + static_cast<std::uint64_t>(y));
      for (int x = 0; x < counts.nx(); ++x) {
        const int n = std::min(n_raw, static_cast<int>(counts(x, y)));
        for (int k = 0; k < n; ++k) {
          const auto pick = static_cast<std::size_t>(k + random.below(n_raw - k));
          std::swap(order[static_cast<std::size_t>(k)], order[pick]);
          const int px = x * parts + random.below(parts), py = y * parts + random.below(parts);
          raw[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])].push_back(
              {static_cast<std::uint16_t>(px), static_cast<std::uint16_t>(py)});
        }
      }
    }
    for (const auto& electrons : raw) writer_.append(electrons);
    ++appended_;
  }
  void finish() override { writer_.finish(); }

 private:
  MovieFile file_;
  EerWriter writer_;
  int appended_ = 0;
};

}  // namespace

std::unique_ptr<MovieWriter> open_eer_movie(const MovieFile& file) {
  if (file.size.nx % file.eer_upsampling != 0 || file.size.ny % file.eer_upsampling != 0)
    throw UsageError("EER: width and height must be multiples of --eer_upsampling");
  return std::make_unique<EerMovie>(file);
}

}  // namespace gimbal::sim
