// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/motion.h"

#include "gimbal/core/parallel.h"
#include "gimbal/motion/fourier_sums.h"
#include "gimbal/motion/frames.h"
#include "gimbal/motion/measure.h"
#include "gimbal/motion/power_spectrum.h"
#include "gimbal/num/rows.h"
#include "gimbal/num/warp.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

Size2 binned_size(Size2 frame, double bin_factor) {
  const Size2 size{static_cast<int>(frame.nx / bin_factor + 1e-6),
                   static_cast<int>(frame.ny / bin_factor + 1e-6)};
  if (size.nx < 1 || size.ny < 1)
    fail("--bin_factor {} leaves nothing of frames of {} x {} pixels", bin_factor, frame.nx,
         frame.ny);
  return size;
}

// Hot and dead pixels of the movie itself, and the known ones, are filled from now on.
OutlierPixels repair_defects(MovieFrames& frames, const DetectorData& detector,
                             const MotionOptions& options) {
  const Image<float> sum = frames.sum();
  OutlierPixels outliers = find_outliers(sum, detector.defects);
  if (options.skip_defect) return outliers;
  DefectMask mask = detector.defects.empty() ? DefectMask() : detector.defects.clone();
  add_to_mask(mask, frames.size(), outliers.hot);
  add_to_mask(mask, frames.size(), outliers.dead);
  if (!mask.empty()) frames.set_defects(DefectFiller(mask));
  return outliers;
}

SumRequest sum_request(const Movie& movie, const MovieFrames& frames,
                       const MotionOptions& options) {
  SumRequest request;
  request.frame = frames.size();
  request.output = binned_size(frames.size(), options.bin_factor);
  request.split = options.even_odd_split;
  request.plain = !options.dose_weighting || options.save_noDW || options.even_odd_split;
  request.spectrum_group = std::max(0, options.grouping_for_ps);
  if (options.dose_weighting)
    request.dose = DoseSchedule{movie.pixel_A * options.bin_factor, movie.voltage_kV,
                                movie.pre_exposure_e_A2, movie.dose_per_frame_e_A2, frames.count()};
  return request;
}

// The local part of a frame's shift. It is applied before the global one, so it is taken where the
// global shift will bring each pixel.
QuadraticDisplacement local_displacement(const MotionField& motion, int i) {
  QuadraticDisplacement result;
  const double gx = motion.global[static_cast<std::size_t>(i)].x / motion.size.nx;
  const double gy = motion.global[static_cast<std::size_t>(i)].y / motion.size.ny;
  const auto at_frame = [&](const std::array<double, LocalMotionModel::n_coefficients>& c) {
    std::array<double, 6> q{};
    for (std::size_t s = 0; s < 6; ++s)
      q[s] = i * (c[3 * s] + i * (c[3 * s + 1] + i * c[3 * s + 2]));
    // Moved by (gx, gy): u -> u + gx, v -> v + gy.
    return std::array<double, 6>{
        q[0] + q[1] * gx + q[2] * gx * gx + q[3] * gy + q[4] * gy * gy + q[5] * gx * gy,
        q[1] + 2.0 * q[2] * gx + q[5] * gy,
        q[2],
        q[3] + 2.0 * q[4] * gy + q[5] * gx,
        q[4],
        q[5]};
  };
  result.x = at_frame(motion.local->x);
  result.y = at_frame(motion.local->y);
  return result;
}

void sum_warped_frames(const MovieFrames& frames, const MotionField& motion, FourierSums& sums) {
  constexpr int rows_per_task = 32;
  const SincTable table;
  const auto [nx, ny] = frames.size();
  Image<float> whole(nx, ny, Image<float>::Uninitialized{});
  for (int i = 0; i < frames.count(); ++i) {
    const auto raw = frames.load(i);
    parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
      for (int y = begin; y < end; ++y) frames.prepare_row(*raw, i, y, whole.row(y));
    });
    const QuadraticDisplacement local = local_displacement(motion, i);
    const auto warped = [&](int first_y, View<float> rows) {
      warp_rows(whole, local, table, first_y, rows);
    };
    sums.add(warped, motion.global[static_cast<std::size_t>(i)]);
  }
}

void sum_frames(const MovieFrames& frames, const MotionField& motion, FourierSums& sums) {
  if (motion.local) return sum_warped_frames(frames, motion, sums);
  for (int i = 0; i < frames.count(); ++i) {
    const auto raw = frames.load(i);
    const auto prepared = [&](int first_y, View<float> rows) {
      for (int y = 0; y < rows.ny(); ++y) frames.prepare_row(*raw, i, first_y + y, rows.row(y));
    };
    sums.add(prepared, motion.global[static_cast<std::size_t>(i)]);
  }
}

Image<float> added(View<const float> a, View<const float> b) {
  Image<float> result(a.nx(), a.ny(), Image<float>::Uninitialized{});
  parallel_for(a.ny(), [&](int y) { sum_rows(a.row(y), b.row(y), a.nx(), result.row(y)); });
  return result;
}

void take_spectrum(FourierSums& sums, const MotionOptions& options, MotionResult& result) {
  const int largest = largest_spectrum_size(sums.spectrum_size(), result.sum_pixel_A) / 2 * 2;
  if (largest < 2)
    fail("its sum of {} x {} px is too small for a power spectrum: leave out --grouping_for_ps",
         sums.spectrum_size().nx, sums.spectrum_size().ny);
  const int size = std::min(options.ps_size, largest);
  if (size < options.ps_size)
    result.findings.push_back(
        {Severity::note, Defect::none,
         fmt::format("the power spectrum has {} px instead of {}: the sum is too small for more",
                     size, options.ps_size)});
  auto spectrum =
      power_spectrum_image(sums.take_amplitudes(), sums.spectrum_size(), result.sum_pixel_A, size);
  result.power_spectrum = std::move(spectrum.image);
  result.power_spectrum_pixel_A = spectrum.pixel_A;
}

void take_images(FourierSums& sums, const SumRequest& request, const MotionOptions& options,
                 MotionResult& result) {
  if (options.grouping_for_ps > 0) take_spectrum(sums, options, result);  // frees the most memory
  if (request.split) {
    result.even = sums.take_even();
    result.odd = sums.take_odd();
  }
  if (request.plain && (!options.dose_weighting || options.save_noDW)) {
    auto plain = request.split ? added(result.even, result.odd) : sums.take_plain();
    (options.dose_weighting ? result.plain_sum : result.sum) = std::move(plain);
  }
  if (options.dose_weighting) result.sum = sums.take_weighted();
}

}  // namespace

MotionResult correct_motion(const Movie& movie, const FrameReader& reader,
                            const DetectorData& detector, const MotionOptions& options) {
  MotionResult result;
  const FrameRange used = used_frames(options, reader.info().n_frames);
  result.findings = short_movie(used, options);
  MovieFrames frames(reader, used.first, used.last, detector.gain);
  result.outliers = repair_defects(frames, detector, options);
  result.mean_counts_per_px = result.outliers.mean / frames.count();

  result.motion.first_frame = used.first;
  measure_motion(frames, options, result);

  const SumRequest request = sum_request(movie, frames, options);
  result.sum_pixel_A = movie.pixel_A * options.bin_factor;
  FourierSums sums(request);
  sum_frames(frames, result.motion, sums);
  take_images(sums, request, options, result);
  return result;
}

void add_power_spectrum(const Movie& movie, const FrameReader& reader, const DetectorData& detector,
                        const MotionOptions& options, MotionResult& result) {
  const FrameRange used = used_frames(options, reader.info().n_frames);
  MovieFrames frames(reader, used.first, used.last, detector.gain);
  repair_defects(frames, detector, options);
  MotionOptions plain = options;
  plain.dose_weighting = plain.even_odd_split = false;
  FourierSums sums(sum_request(movie, frames, plain));
  sum_frames(frames, result.motion, sums);
  take_spectrum(sums, options, result);
}

}  // namespace gimbal
