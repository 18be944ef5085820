// SPDX-License-Identifier: GPL-3.0-or-later
// File name patterns ('frames/*.mrc'), expanded here so that they may be quoted on the command
// line, and the order in which people number files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

// TS_2 before TS_10: runs of digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b);

// The regular files that match any of the patterns (* ? [] {} ~), each once, in natural order.
// A name without such characters, or one that exists as it stands, is taken literally.
std::vector<std::filesystem::path> expand_patterns(const std::vector<std::string>& patterns);

}  // namespace gimbal
