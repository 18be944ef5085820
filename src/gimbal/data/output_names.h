// SPDX-License-Identifier: GPL-3.0-or-later
// Where the outputs of a movie go: RELION's rule, made safe.
#pragma once

#include <filesystem>

namespace gimbal {

// <folder>/<path of the movie without its extension, every other dot replaced by '_'>. What follows
// ("_EVN.mrc") is added by the caller. The result is always inside the folder: the root of an
// absolute path is left out, and "../" becomes "__/".
std::filesystem::path output_root(const std::filesystem::path& folder,
                                  const std::filesystem::path& movie);

}  // namespace gimbal
