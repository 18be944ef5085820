// SPDX-License-Identifier: GPL-3.0-or-later
// The images of a tilt series at a working size.
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/core/image.h"
#include "gimbal/data/record.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gimbal::tilt {

struct StackTilt {
  std::string key;
  double nominal_tilt_deg = 0.0;
  double pre_exposure_e_A2 = 0.0;
  double dose_e_A2 = 0.0;  // of this tilt; 0: not known
  Image<float> image;      // working size; empty: not readable
  double mean = 0.0;       // of the full-size image, before anything was subtracted
  double deviation = 0.0;  // of the full-size image
  std::string problem;     // why the image is empty
};

// Means of 16 x 16 parts of the image, with the mean that was subtracted; none of smaller images.
std::vector<double> field_means(const StackTilt& tilt);

// All images are Fourier-cropped by the same whole factor, so that a full-size position p is at
// p / binning here (a side that the factor does not divide is continued at its upper end first);
// their means are subtracted.
struct Stack {
  Size2 full_size;
  Size2 size;
  double full_pixel_A = 1.0;
  int binning = 1;  // full-size px per working px
  double nominal_axis_deg = 0.0;
  bool axis_known = true;
  double voltage_kV = 300.0, cs_mm = 2.7, amplitude_contrast = 0.1;
  std::vector<StackTilt> tilts;  // as the rows of the series

  double pixel_A() const { return full_pixel_A * binning; }
};

// Where the image of a tilt is: a file of its own, or a section of a stack.
struct ImageSource {
  std::filesystem::path path;
  int section = 0;
};

// What rlnMicrographName says: a file, or "12@stack.mrc", the 12th image of a stack, counted from
// 1. An empty path: there is none.
ImageSource image_source(const Record& row);

// One image as it is stored.
Image<float> read_section(const ImageSource& source);

// The largest whole factor that leaves pixels no larger than `pixel_A` (at least 1).
int binning_for(double full_pixel_A, double pixel_A);

// Fourier-crops by a whole factor: (nx, ny) -> (ceil(nx / binning), ceil(ny / binning)).
Image<float> fourier_binned(View<const float> image, int binning);
// The same, of rows that are asked for one after the other: row(y, out) writes nx pixels.
using RowSource = std::function<void(int y, float* out)>;
Image<float> fourier_binned(Size2 size, int binning, const RowSource& row);

// Fills in the images, means and problems of `stack.tilts` (as many as `sources`), and its sizes;
// keys, angles and doses are the caller's. A tilt whose image cannot be read, has another size or
// holds NaN gets its problem, and the others go on; an Error when none can be read.
void load_images(Stack& stack, const std::vector<ImageSource>& sources, int binning);

}  // namespace gimbal::tilt
