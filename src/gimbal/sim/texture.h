// SPDX-License-Identifier: GPL-3.0-or-later
// Random textures: filtered noise of mean 0 and rms 1.
#pragma once

#include "gimbal/sim/plane.h"

#include <cstdint>
#include <functional>

namespace gimbal::sim {

// Independent numbers of variance 1, nearly Gaussian; row y comes from stream y of the seed.
void fill_with_noise(Plane& plane, std::uint64_t seed);

// `amplitude` of the frequency in cycles per pixel; it is not asked at 0.
Plane random_texture(int nx, int ny, std::uint64_t seed,
                     const std::function<double(double)>& amplitude);

// Scales to mean 0, rms 1 over the image.
void normalise(View<float> image);

}  // namespace gimbal::sim
