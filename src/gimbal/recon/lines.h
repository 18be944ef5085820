// SPDX-License-Identifier: GPL-3.0-or-later
// A tilt's filtered image, resampled so that the volume's lines along y are its rows.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/recon/kernels.h"
#include "gimbal/recon/series.h"
#include "gimbal/recon/tilt_spectrum.h"

#include <limits>

namespace gimbal::recon {

// Row i holds u = first_u + i / 2. Along it are the values at v = first_v + k, and, with two
// phases, those at v = first_v + k + 1/2 from `half` on. Two rows at each end are 0: whatever lies
// outside is taken from there.
struct LineSet {
  Size2 size;  // of `rows`, which may not be there yet
  Image<float> rows;
  double first_u = 0.0, first_v = 0.0;
  int n_v = 0;
  std::ptrdiff_t half = 0;  // 0: one phase
};

// The part of a volume whose lines are wanted: all x and z, and y from first_y on.
struct Slab {
  int first_y = 0;
  int n_y = 0;
};

// What the slab needs, without the rows. A slab that the image does not show gets no more than the
// rows of zeros.
LineSet line_layout(const LineView& view, const Series& series, const VolumeGrid& grid,
                    const Slab& slab, LineShape shape);

// Places `first` to `end` - 1 of the rows with u in [from_u, to_u).
struct LinePart {
  double from_u = -std::numeric_limits<double>::infinity();
  double to_u = std::numeric_limits<double>::infinity();
  int first = 0;
  int end = std::numeric_limits<int>::max();  // at most n_v
};

// The part of the working image that these lines need.
Window window_of(const LineSet& lines, const WorkingGrid& grid, const LineView& view,
                 const Series& series, const LinePart& part);

// `image` is this window of a working image; outside of the tilt's image is 0, with a soft rim.
void fill_lines(View<const float> image, const Window& window, const WorkingGrid& working,
                const LineView& view, const Series& series, const ImageKernel& kernel,
                const LinePart& part, LineSet& lines);

}  // namespace gimbal::recon
