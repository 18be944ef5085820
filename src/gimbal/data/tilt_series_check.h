// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with a STAR file beyond its syntax: values of known labels, and, for a table of
// tilt series, the files and tilts it speaks of.
#pragma once

#include "gimbal/core/error.h"

#include <filesystem>

namespace gimbal {

// Throws when the file itself cannot be read. Movies that are missing are only mentioned when
// others are there: otherwise the working directory is not the project's folder.
Findings check_star_file(const std::filesystem::path& path);

}  // namespace gimbal
