// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/power_spectrum.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/num/fft.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace gimbal {
namespace {

// One direction: lines of n pixels -> resampled to `square` -> the central `window` -> resampled to
// `size`. All are centred at floor(n/2), and resampling is cropping of the line's own Fourier
// transform.
class LineResampler {
 public:
  LineResampler(int n, int square, int window, int size)
      : first_(n, square), offset_(square / 2 - window / 2), second_(window, size) {}
  int n_in() const { return first_.n_in; }
  int n_out() const { return second_.n_out; }
  void run(const float* in, float* out, float* middle) const {
    first_.run(in, middle);
    second_.run(middle + offset_, out);
  }
  std::size_t middle_size() const { return static_cast<std::size_t>(first_.n_out); }

 private:
  struct Crop {
    Crop(int from, int to)
        : n_in(from),
          n_out(to),
          forward(from, Direction::forward),
          backward(to, Direction::backward) {
      // The centre moves from floor(from/2) to floor(to/2) pixels of different size.
      for (int k = 0; k <= to / 2; ++k) {
        const double angle =
            2.0 * 3.14159265358979323846 * k *
            (static_cast<double>(from / 2) / from - static_cast<double>(to / 2) / to);
        centre.emplace_back(static_cast<float>(std::cos(angle) / from),
                            static_cast<float>(std::sin(angle) / from));
      }
    }
    void run(const float* in, float* out) const {
      if (n_in == n_out) {
        std::copy_n(in, n_in, out);
        return;
      }
      Image<float> line(std::max(n_in, n_out) + 2, 1);
      Image<cfloat> spectrum(n_in / 2 + 1, 1);
      Scratch scratch(std::max(forward.scratch_size(), backward.scratch_size()));
      std::copy_n(in, n_in, line.data());
      forward.run(line.data(), spectrum.data(), scratch.data());
      for (int k = 0; k <= n_out / 2; ++k)
        spectrum.data()[k] *= centre[static_cast<std::size_t>(k)];
      backward.run(line.data(), spectrum.data(), scratch.data());
      std::copy_n(line.data(), n_out, out);
    }
    int n_in, n_out;
    RealFft forward, backward;
    std::vector<cfloat> centre;
  };
  Crop first_;
  int offset_;
  Crop second_;
};

}  // namespace

int largest_spectrum_size(Size2 image, double pixel_A) {
  constexpr double finest_pixel_A = 1.4;
  const int square = std::min(image.nx, image.ny);
  if (pixel_A >= finest_pixel_A) return square;
  const int window = static_cast<int>(std::ceil(square * pixel_A / finest_pixel_A));
  return std::min(window + window % 2, square);
}

PowerSpectrum power_spectrum_image(View<const float> amplitudes, Size2 image, double pixel_A,
                                   int size) {
  const int square = std::min(image.nx, image.ny), window = largest_spectrum_size(image, pixel_A);
  if (size > window)
    fail("--ps_size is {} px, but the spectrum of the sum has only {} px: choose at most {}", size,
         window, window);

  // Along y first: columns kx >= 0, and for negative kx the same columns upside down.
  const LineResampler along_y(image.ny, square, window, size),
      along_x(image.nx, square, window, size);
  // Row y of the picture, x = kx + floor(nx/2).
  Image<float> columns(image.nx, size, Image<float>::Uninitialized{});
  parallel_for(image.nx, [&](int x) {
    const int kx = x - image.nx / 2, n = image.ny;
    std::vector<float> line(static_cast<std::size_t>(n)), middle(along_y.middle_size()),
        out(static_cast<std::size_t>(size));
    const float* from = amplitudes.row(std::abs(kx));
    for (int y = 0; y < n; ++y) {
      const int ky = y - n / 2, at = kx < 0 ? -ky : ky;
      line[static_cast<std::size_t>(y)] = from[(at + n) % n];
    }
    along_y.run(line.data(), out.data(), middle.data());
    for (int y = 0; y < size; ++y) columns(x, y) = out[static_cast<std::size_t>(y)];
  });
  PowerSpectrum spectrum{Image<float>(size, size), pixel_A * square / window};
  parallel_for(size, [&](int y) {
    std::vector<float> middle(along_x.middle_size());
    along_x.run(columns.row(y), spectrum.image.row(y), middle.data());
  });
  return spectrum;
}

}  // namespace gimbal
