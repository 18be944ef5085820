// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace gimbal {

// The first problem of the markup; empty when every element is closed in order and every attribute
// is quoted. Text of scripts and styles is not looked at.
std::string markup_problem(const std::string& html);

std::size_t occurrences(const std::string& text, const std::string& part);

}  // namespace gimbal
