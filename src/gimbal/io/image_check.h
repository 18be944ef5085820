// SPDX-License-Identifier: GPL-3.0-or-later
// Description and check of images, stacks and movies of any format.
#pragma once

#include "gimbal/io/describe.h"

namespace gimbal {

FileDescription describe_images(const std::filesystem::path& path);

// Reads every frame: truncation, damage, values that are not finite, empty frames of movies.
Findings check_images(const std::filesystem::path& path);

}  // namespace gimbal
