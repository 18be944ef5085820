// SPDX-License-Identifier: GPL-3.0-or-later
// The style sheet and the script of report.html: written by hand, no outside resources.
#pragma once

#include <string_view>

namespace gimbal {

extern const std::string_view report_css;
extern const std::string_view report_script;

}  // namespace gimbal
