// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/raw_average.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"

#include <algorithm>
#include <memory>

namespace gimbal {
namespace {

constexpr int rows_per_task = 32;

class Sum {
 public:
  Sum(Size2 frame, Size2 part)
      : x0_((frame.nx - part.nx) / 2), y0_((frame.ny - part.ny) / 2), total_(part.nx, part.ny) {}

  void add(const RawFrame& frame) {
    parallel_blocks(total_.ny(), rows_per_task, [&](int begin, int end) {
      std::vector<float> row(static_cast<std::size_t>(frame.nx));
      for (int y = begin; y < end; ++y) {
        frame.row_to_float(y0_ + y, row.data());
        float* total = total_.row(y);
        for (int x = 0; x < total_.nx(); ++x)
          total[x] += row[static_cast<std::size_t>(x0_) + static_cast<std::size_t>(x)];
      }
    });
    ++n_;
  }
  double counts_per_px() const {
    double counts = 0.0;
    for (int y = 0; y < total_.ny(); ++y)
      for (int x = 0; x < total_.nx(); ++x) counts += static_cast<double>(total_(x, y));
    return counts / static_cast<double>(total_.count());
  }
  Image<float> average() && {
    if (n_ == 0) return {};
    for (int y = 0; y < total_.ny(); ++y)
      for (int x = 0; x < total_.nx(); ++x) total_(x, y) /= static_cast<float>(n_);
    return std::move(total_);
  }
  int n() const { return n_; }

 private:
  int x0_, y0_;
  int n_ = 0;
  Image<float> total_;
};

std::unique_ptr<FrameReader> opened(const std::filesystem::path& path,
                                    const RawAverageRequest& request) {
  try {
    auto reader = open_frames(path, request.eer);
    if (Size2{reader->info().nx, reader->info().ny} == request.size) return reader;
  } catch (const Error&) {  // it will be reported when its turn comes
  }
  return nullptr;
}

// False: the frame cannot be read.
bool read_frame(const FrameReader& reader, int index, RawFrame& frame) {
  try {
    reader.read(index, frame);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Image<float> RawAverages::all() const {
  if (odd.empty()) return even.clone();
  Image<float> mean(even.nx(), even.ny());
  for (int y = 0; y < mean.ny(); ++y)
    for (int x = 0; x < mean.nx(); ++x) mean(x, y) = 0.5F * (even(x, y) + odd(x, y));
  return mean;
}

RawAverages raw_averages(const RawAverageRequest& request) {
  Size2 part = request.size;
  if (request.centre_px > 0)
    part = {std::min(part.nx, request.centre_px), std::min(part.ny, request.centre_px)};
  Sum even(request.size, part), odd(request.size, part);
  RawFrame frame;
  for (const auto& path : request.movies) {
    if (even.n() + odd.n() >= request.max_frames ||
        even.counts_per_px() + odd.counts_per_px() >= request.enough_counts)
      break;
    const auto reader = opened(path, request);
    const int left = request.max_frames - even.n() - odd.n();
    for (int i = 0; reader && i < std::min(left, reader->info().n_frames); ++i)
      if (read_frame(*reader, i, frame)) (even.n() == odd.n() ? even : odd).add(frame);
  }
  return {std::move(even).average(), std::move(odd).average()};
}

}  // namespace gimbal
