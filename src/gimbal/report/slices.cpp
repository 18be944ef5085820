// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/slices.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/report/cairo_canvas.h"
#include "gimbal/report/jpeg.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace gimbal {
namespace {

// Sums and how many values each holds.
struct Sums {
  Image<float> sum, count;
  void add(int x, int y, float value) {
    if (!std::isfinite(value)) return;
    sum(x, y) += value;
    count(x, y) += 1.0F;
  }
};

struct Range {
  int first, last;
  bool holds(int i) const { return i >= first && i <= last; }
};

Range range_around(int centre, int thickness, int n) {
  const int first = centre - thickness / 2;
  return {std::max(0, first), std::min(n - 1, first + thickness - 1)};
}

class SliceReader {
 public:
  SliceReader(const FrameReader& reader, SliceAxis axis, const std::vector<int>& centres,
              int thickness)
      : reader_(reader), axis_(axis) {
    const StackInfo& info = reader.info();
    const int n = n_slices(info, axis);
    const int nx = axis == SliceAxis::x ? info.ny : info.nx;
    const int ny = axis == SliceAxis::z ? info.ny : info.n_frames;
    for (const int centre : centres) {
      if (centre < 0 || centre >= n)
        fail("slice {} was asked for, but there are {}", centre + 1, n);
      ranges_.push_back(range_around(centre, thickness, n));
      sums_.push_back({Image<float>(nx, ny), Image<float>(nx, ny)});
    }
  }

  std::vector<Image<float>> read() {
    for (int z = 0; z < reader_.info().n_frames; ++z)
      if (axis_ != SliceAxis::z || is_needed(z)) add_section(z);
    std::vector<Image<float>> slices;
    for (Sums& one : sums_) {
      for (int y = 0; y < one.sum.ny(); ++y)
        for (int x = 0; x < one.sum.nx(); ++x)
          one.sum(x, y) = one.count(x, y) > 0.0F ? one.sum(x, y) / one.count(x, y)
                                                 : std::numeric_limits<float>::quiet_NaN();
      slices.push_back(std::move(one.sum));
    }
    return slices;
  }

 private:
  bool is_needed(int i) const {
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [&](const Range& range) { return range.holds(i); });
  }

  void add_section(int z) {
    reader_.read(z, frame_);
    row_.resize(static_cast<std::size_t>(frame_.nx));
    for (int y = 0; y < frame_.ny; ++y) {
      if (axis_ == SliceAxis::y && !is_needed(y)) continue;
      frame_.row_to_float(y, row_.data());
      for (std::size_t k = 0; k < ranges_.size(); ++k) add_row(ranges_[k], sums_[k], y, z);
    }
  }

  void add_row(const Range& range, Sums& sums, int y, int z) const {
    if (axis_ == SliceAxis::x) {
      for (int x = range.first; x <= range.last; ++x)
        sums.add(y, z, row_[static_cast<std::size_t>(x)]);
    } else if (range.holds(axis_ == SliceAxis::z ? z : y)) {
      for (int x = 0; x < frame_.nx; ++x)
        sums.add(x, axis_ == SliceAxis::z ? y : z, row_[static_cast<std::size_t>(x)]);
    }
  }

  const FrameReader& reader_;
  SliceAxis axis_;
  std::vector<Range> ranges_;
  std::vector<Sums> sums_;
  RawFrame frame_;
  std::vector<float> row_;
};

// One part of a list of slices: "3", "10-20", "30-90/10".
void add_numbers(std::string_view part, int n, std::set<int>& numbers) {
  const auto slash = part.find('/');
  const auto range = part.substr(0, slash);
  const auto dash = range.find('-');
  const auto first = parse_int(range.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_int(range.substr(dash + 1));
  const auto step =
      slash == std::string_view::npos ? std::optional<long>(1) : parse_int(part.substr(slash + 1));
  if (!first || !last || !step || *step < 1)
    fail(
        "'{}' is not understood: expected middle, all, or numbers of slices such as 3,10-20 or "
        "30-90/10 (every tenth)",
        part);
  if (*first < 1 || *last > n || *first > *last)
    fail("'{}' is not within the slices, which have the numbers 1 to {}", part, n);
  for (long i = *first; i <= *last; i += *step) numbers.insert(static_cast<int>(i) - 1);
}

}  // namespace

int n_slices(const StackInfo& info, SliceAxis axis) {
  return axis == SliceAxis::x ? info.nx : axis == SliceAxis::y ? info.ny : info.n_frames;
}

std::vector<Image<float>> read_slices(const FrameReader& reader, SliceAxis axis,
                                      const std::vector<int>& centres, int thickness) {
  return SliceReader(reader, axis, centres, std::max(1, thickness)).read();
}

std::vector<int> slice_numbers(const std::string& text, int n) {
  if (text == "middle") return {n / 2};
  std::set<int> numbers;
  if (text == "all")
    for (int i = 0; i < n; ++i) numbers.insert(i);
  else
    for (const auto part : split(text, ',')) add_numbers(trim(part), n, numbers);
  return {numbers.begin(), numbers.end()};
}

void write_montage(const std::filesystem::path& path, const std::vector<LabelledPicture>& pictures,
                   int columns) {
  constexpr double gap = 4.0, label = 13.0;
  constexpr int jpeg_quality = 95;
  if (pictures.empty()) fail("there is no picture to put into {}", path.string());
  const int n = static_cast<int>(pictures.size());
  columns = std::clamp(columns, 1, n);
  const int rows = (n + columns - 1) / columns;
  const double width = pictures.front().grey.nx(), height = pictures.front().grey.ny();
  const PageSize size{columns * (width + gap) + gap, rows * (height + gap + label) + gap};
  write_png(path, size, 1.0, [&](CairoCanvas& canvas) {
    for (int k = 0; k < n; ++k) {
      const auto& picture = pictures[static_cast<std::size_t>(k)];
      const double x = gap + k % columns * (width + gap);
      const double y = gap + static_cast<double>(k / columns) * (height + gap + label);
      canvas.picture({x, y, width, height}, encode_jpeg(picture.grey.view(), jpeg_quality));
      canvas.text({x + 1.0, y + height + label - 3.0}, picture.label, {10.0});
    }
  });
}

}  // namespace gimbal
