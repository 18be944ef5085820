// SPDX-License-Identifier: GPL-3.0-or-later
// Single movies with known motion, held in memory: for tests and benchmarks of motion correction.
#pragma once

#include "gimbal/io/frame_reader.h"
#include "gimbal/sim/exposure.h"
#include "gimbal/sim/optics.h"
#include "gimbal/sim/sensor.h"
#include "gimbal/sim/specimen.h"

#include <cstdint>
#include <memory>

namespace gimbal::sim {

// A specimen without physics: 1 + contrast * texture.
struct TextureSpecimen {
  double contrast = 0.15;  // rms
  double grain_px = 1.5;   // sigma of the Gaussian that smooths the noise
};

struct SimulatedMovie {
  std::unique_ptr<FrameReader> frames;
  TrueMotion truth;
  Sensor sensor;
};

// The movie's specimen alone, with the margin that the exposure's motion needs.
Field make_texture_field(Size2 size, const TextureSpecimen& specimen, const Exposure& exposure);

// Frames as they would be in a file: `type` clamps and rounds. The exposure's drift and local
// motion are the truth.
SimulatedMovie simulate_texture_movie(Size2 size, const TextureSpecimen& specimen,
                                      const Exposure& exposure, const SensorOptions& sensor = {},
                                      PixelType type = PixelType::int16);

// A cryo-EM movie: balls, ice and gold imaged by the microscope (specimen.h, optics.h), at a tilt
// around the y axis. The specimen fills the field.
struct SpecimenMovie {
  SpecimenOptions specimen;
  Optics optics;
  double tilt_deg = 0.0;
};
SimulatedMovie simulate_specimen_movie(Size2 size, const SpecimenMovie& movie,
                                       const Exposure& exposure, const SensorOptions& sensor = {},
                                       PixelType type = PixelType::uint8);

// Counts -> bytes of a file, rounded and clamped.
RawFrame to_raw(View<const float> counts, PixelType type);

// The movie of a given field.
SimulatedMovie simulate_movie(const Field& field, const Exposure& exposure, Sensor sensor,
                              PixelType type);

}  // namespace gimbal::sim
