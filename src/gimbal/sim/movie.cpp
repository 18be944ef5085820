// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/movie.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/sim/texture.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace gimbal::sim {
namespace {

class FramesInMemory : public FrameReader {
 public:
  FramesInMemory(std::vector<RawFrame> frames, double pixel_A) : frames_(std::move(frames)) {
    info_.format = "simulated";
    info_.nx = frames_.front().nx;
    info_.ny = frames_.front().ny;
    info_.n_frames = info_.n_raw_frames = static_cast<int>(frames_.size());
    info_.type = frames_.front().type;
    info_.pixel_A = pixel_A;
  }
  void read(int index, RawFrame& frame) const override {
    frame = frames_.at(static_cast<std::size_t>(index));
  }

 private:
  std::vector<RawFrame> frames_;
};

template <typename T>
void convert(View<const float> counts, Bytes& bytes) {
  bytes.resize(counts.count() * sizeof(T));
  parallel_for(counts.ny(), [&](int y) {
    std::vector<T> row(static_cast<std::size_t>(counts.nx()));
    const auto values = counts.row_span(y);
    for (std::size_t x = 0; x < row.size(); ++x)
      if constexpr (std::is_same_v<T, float>)
        row[x] = values[x];
      else
        row[x] = static_cast<T>(std::clamp(std::floor(values[x] + 0.5F),
                                           static_cast<float>(std::numeric_limits<T>::min()),
                                           static_cast<float>(std::numeric_limits<T>::max())));
    const std::size_t row_bytes = row.size() * sizeof(T);
    std::memcpy(bytes.data() + static_cast<std::size_t>(y) * row_bytes, row.data(), row_bytes);
  });
}

}  // namespace

RawFrame to_raw(View<const float> counts, PixelType type) {
  RawFrame frame;
  frame.type = type;
  frame.nx = counts.nx();
  frame.ny = counts.ny();
  switch (type) {
    case PixelType::int8:
      convert<std::int8_t>(counts, frame.bytes);
      break;
    case PixelType::uint8:
      convert<std::uint8_t>(counts, frame.bytes);
      break;
    case PixelType::int16:
      convert<std::int16_t>(counts, frame.bytes);
      break;
    case PixelType::uint16:
      convert<std::uint16_t>(counts, frame.bytes);
      break;
    case PixelType::float32:
      convert<float>(counts, frame.bytes);
      break;
  }
  return frame;
}

SimulatedMovie simulate_movie(const Field& field, const Exposure& exposure, Sensor sensor,
                              PixelType type) {
  if (exposure.n_frames < 1) fail("a movie needs at least 1 frame, not {}", exposure.n_frames);
  std::vector<RawFrame> frames(static_cast<std::size_t>(exposure.n_frames));
  expose(field, exposure, sensor, [&](int i, View<const float> frame) {
    frames[static_cast<std::size_t>(i)] = to_raw(frame, type);
  });
  return {std::make_unique<FramesInMemory>(std::move(frames), exposure.pixel_A), exposure.motion,
          std::move(sensor)};
}

Field make_texture_field(Size2 size, const TextureSpecimen& specimen, const Exposure& exposure) {
  Field field = make_field(size, margin_for(exposure.motion, size, exposure.n_frames));
  const double sigma = specimen.grain_px;
  field.image = random_texture(
      field.image.nx(), field.image.ny(), splitmix64(exposure.seed ^ 0x74657874),
      [&](double k) { return std::exp(-2.0 * std::pow(std::numbers::pi * sigma * k, 2)); });
  const auto contrast = static_cast<float>(specimen.contrast);
  for (int y = 0; y < field.image.ny(); ++y)
    for (float& value : field.image.real().row_span(y))
      value = std::max(0.0F, 1.0F + contrast * value);
  return field;
}

SimulatedMovie simulate_texture_movie(Size2 size, const TextureSpecimen& specimen,
                                      const Exposure& exposure, const SensorOptions& sensor,
                                      PixelType type) {
  return simulate_movie(make_texture_field(size, specimen, exposure), exposure,
                        make_sensor(size, sensor, exposure.seed), type);
}

SimulatedMovie simulate_specimen_movie(Size2 size, const SpecimenMovie& movie,
                                       const Exposure& exposure, const SensorOptions& sensor,
                                       PixelType type) {
  Field field = make_field(size, margin_for(exposure.motion, size, exposure.n_frames));
  const Specimen specimen = make_specimen(size.nx * exposure.pixel_A, size.ny * exposure.pixel_A,
                                          movie.specimen, splitmix64(exposure.seed));
  Look look;
  look.pose.tilt_deg = movie.tilt_deg;
  look.pose.rotation = rotation_y(movie.tilt_deg);
  look.pose.pixel_A = exposure.pixel_A;
  look.dose_of_movie_e_A2 = exposure.n_frames * exposure.dose_per_frame_e_A2;
  look.seed = exposure.seed;
  form_image(field, specimen, look, movie.optics);
  return simulate_movie(field, exposure, make_sensor(size, sensor, exposure.seed), type);
}

}  // namespace gimbal::sim
