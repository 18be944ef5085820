// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/text.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/num/fft.h"
#include "gimbal/num/fourier.h"
#include "gimbal/tilt/stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <mutex>
#include <utility>

namespace gimbal::tilt {
namespace {

int divided_up(int n, int by) {
  return (n + by - 1) / by;
}

// Sums over pixels less an offset near their mean.
class Moments {
 public:
  explicit Moments(float offset) : offset_(offset) {}

  void add_row(const float* row, int n) {
    constexpr int lanes = 8;
    std::array<double, lanes> sum{}, sum2{};
    int x = 0;
    for (; x + lanes <= n; x += lanes)
      for (std::size_t l = 0; l < lanes; ++l) {
        const double v = static_cast<double>(row[static_cast<std::size_t>(x) + l]) - offset_;
        sum[l] += v, sum2[l] += v * v;
      }
    for (; x < n; ++x) {
      const double v = static_cast<double>(row[x]) - offset_;
      sum[0] += v, sum2[0] += v * v;
    }
    for (std::size_t l = 0; l < lanes; ++l) sum_ += sum[l], sum2_ += sum2[l];
    count_ += n;
  }
  double above_offset() const { return sum_ / count_; }
  double mean() const { return offset_ + above_offset(); }
  double deviation() const {
    const double variance = sum2_ / count_ - above_offset() * above_offset();
    return std::isfinite(variance) ? std::sqrt(std::max(0.0, variance)) : variance;
  }

 private:
  double offset_, sum_ = 0.0, sum2_ = 0.0, count_ = 0.0;
};

float mean_of_row(const std::vector<float>& row) {
  double sum = 0.0;
  for (const float value : row) sum += static_cast<double>(value);
  return static_cast<float>(sum / static_cast<double>(row.size()));
}

void read_frame(const ImageSource& source, RawFrame& frame) {
  const auto reader = open_frames(source.path);
  if (source.section < 0 || source.section >= reader->info().n_frames)
    fail("{} has {} sections, but section {} (counted from 0) was asked for", source.path.string(),
         reader->info().n_frames, source.section);
  reader->read(source.section, frame);
}

// Frames to read into, so that the system need not clear new memory for each image.
class FramePool {
 public:
  RawFrame take() {
    const std::lock_guard lock(mutex_);
    if (frames_.empty()) return {};
    RawFrame frame = std::move(frames_.back());
    frames_.pop_back();
    return frame;
  }
  void give_back(RawFrame frame) {
    const std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frame));
  }

 private:
  std::mutex mutex_;
  std::vector<RawFrame> frames_;
};

void load(StackTilt& tilt, const ImageSource& source, Size2 size, int binning, RawFrame& frame) {
  read_frame(source, frame);
  if (Size2{frame.nx, frame.ny} != size)
    fail("{} has {} x {} px, but the other images of the series have {} x {}", source.path.string(),
         frame.nx, frame.ny, size.nx, size.ny);
  std::vector<float> first(static_cast<std::size_t>(size.nx));
  frame.row_to_float(0, first.data());
  const float offset = mean_of_row(first);
  Moments found(offset);
  Image<float> image = fourier_binned(size, binning, [&](int y, float* out) {
    frame.row_to_float(y, out);
    found.add_row(out, size.nx);
    for (int x = 0; x < size.nx; ++x) out[x] -= offset;
  });
  tilt.mean = found.mean();
  tilt.deviation = found.deviation();
  if (!std::isfinite(tilt.mean) || !std::isfinite(tilt.deviation))
    fail("{} holds NaN or infinite values", source.path.string());
  for (int y = 0; y < image.ny(); ++y)
    for (float& value : image.view().row_span(y)) value -= static_cast<float>(found.above_offset());
  tilt.image = std::move(image);
}

// The commonest size: one image of another size must not decide for all.
Size2 common_size(const std::vector<ImageSource>& sources) {
  std::vector<std::pair<Size2, int>> counts;
  std::string problem;
  for (const auto& source : sources) {
    try {
      const auto reader = open_frames(source.path);
      const Size2 size{reader->info().nx, reader->info().ny};
      const auto found = std::find_if(counts.begin(), counts.end(),
                                      [&](const auto& entry) { return entry.first == size; });
      if (found == counts.end())
        counts.emplace_back(size, 1);
      else
        ++found->second;
    } catch (const Error& error) {
      if (problem.empty()) problem = error.what();
    }
  }
  if (counts.empty())
    fail("none of the {} images can be read; the first problem: {}", sources.size(), problem);
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

}  // namespace

std::vector<double> field_means(const StackTilt& tilt) {
  constexpr int parts = 16;
  const int nx = tilt.image.nx() / parts, ny = tilt.image.ny() / parts;
  std::vector<double> means;
  if (nx < 1 || ny < 1) return means;
  for (int cy = 0; cy < parts; ++cy)
    for (int cx = 0; cx < parts; ++cx) {
      double sum = 0.0;
      for (int y = cy * ny; y < (cy + 1) * ny; ++y)
        for (int x = cx * nx; x < (cx + 1) * nx; ++x) sum += static_cast<double>(tilt.image(x, y));
      means.push_back(tilt.mean + sum / (static_cast<double>(nx) * ny));
    }
  return means;
}

ImageSource image_source(const Record& row) {
  const auto* name = row.find(label::micrograph_name);
  if (name == nullptr || *name == "None" || name->empty()) return {};
  const auto at = name->find('@');
  if (at == std::string::npos) return {*name, 0};
  const auto section = parse_int(name->substr(0, at));
  if (!section || *section < 1 || *section > 100000) return {*name, 0};
  return {name->substr(at + 1), static_cast<int>(*section) - 1};
}

Image<float> read_section(const ImageSource& source) {
  RawFrame frame;
  read_frame(source, frame);
  Image<float> image(frame.nx, frame.ny, Image<float>::Uninitialized{});
  for (int y = 0; y < frame.ny; ++y) frame.row_to_float(y, image.row(y));
  return image;
}

int binning_for(double full_pixel_A, double pixel_A) {
  return std::max(1, static_cast<int>(std::floor(pixel_A / full_pixel_A * 1.0001)));
}

Image<float> fourier_binned(View<const float> image, int binning) {
  return fourier_binned(image.size(), binning, [&](int y, float* out) {
    std::copy(image.row(y), image.row(y) + image.nx(), out);
  });
}

Image<float> fourier_binned(Size2 size, int binning, const RowSource& row) {
  const Size2 out{divided_up(size.nx, binning), divided_up(size.ny, binning)};
  if (binning == 1) {
    Image<float> image(size.nx, size.ny, Image<float>::Uninitialized{});
    for (int y = 0; y < size.ny; ++y) row(y, image.row(y));
    return image;
  }
  const Size2 padded{out.nx * binning, out.ny * binning};
  const int columns = out.nx / 2 + 1;
  // Rows: transform, keep the low frequencies, stored so that columns are contiguous.
  Image<cfloat> spectrum(padded.ny, columns, Image<cfloat>::Uninitialized{});
  const RealFft rows(padded.nx, Direction::forward);
  const int room = padded.nx / 2 + 1;
  Image<float> line(2 * room, 1);
  Image<cfloat> row_spectrum(room, 1);
  Scratch row_scratch(rows.scratch_size());
  for (int y = 0; y < padded.ny; ++y) {
    if (y < size.ny) {
      row(y, line.data());
      std::fill(line.data() + size.nx, line.data() + padded.nx, line(size.nx - 1, 0));
    }
    rows.run(line.data(), row_spectrum.data(), row_scratch.data());
    for (int k = 0; k < columns; ++k) spectrum(y, k) = row_spectrum(k, 0);
  }
  const ComplexFft fft(padded.ny, Direction::forward);
  Scratch scratch(fft.scratch_size());
  Image<cfloat> column(padded.ny, 1), cropped(out.ny, 1), low(columns, out.ny);
  const float scale = 1.0F / (static_cast<float>(padded.nx) * static_cast<float>(padded.ny));
  for (int k = 0; k < columns; ++k) {
    fft.run(spectrum.row(k), column.data(), scratch.data());
    crop_line(column.data(), padded.ny, cropped.data(), out.ny, scale);
    for (int y = 0; y < out.ny; ++y) low(k, y) = cropped(y, 0);
  }
  Image<float> result(out.nx, out.ny);
  Fft2d(out).backward(low, result);
  return result;
}

void load_images(Stack& stack, const std::vector<ImageSource>& sources, int binning) {
  if (sources.size() != stack.tilts.size())
    fail("{} images for {} tilts", sources.size(), stack.tilts.size());
  stack.full_size = common_size(sources);
  stack.binning = binning;
  stack.size = {divided_up(stack.full_size.nx, binning), divided_up(stack.full_size.ny, binning)};
  FramePool frames;
  parallel_for(static_cast<int>(sources.size()), [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    RawFrame frame = frames.take();
    try {
      load(stack.tilts[index], sources[index], stack.full_size, binning, frame);
    } catch (const Error& error) {
      stack.tilts[index].problem = error.what();
    }
    frames.give_back(std::move(frame));
  });
  const auto readable = [](const StackTilt& tilt) { return !tilt.image.empty(); };
  if (std::none_of(stack.tilts.begin(), stack.tilts.end(), readable))
    fail("none of the {} images can be used; the first problem: {}", sources.size(),
         stack.tilts.front().problem);
}

}  // namespace gimbal::tilt
