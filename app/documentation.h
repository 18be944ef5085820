// SPDX-License-Identifier: GPL-3.0-or-later
// What is written about the commands, made from their option tables: pages of docs/commands, man
// pages, completion for bash.
// `gimbal help --markdown COMMAND | --man [COMMAND] | --bash` prints them.
#pragma once

#include "command.h"

#include <string>
#include <vector>

namespace gimbal::app {

std::string markdown_page(const Command& command);
std::string man_page(const Command& command);                    // gimbal-motion(1)
std::string man_overview(const std::vector<Command>& commands);  // gimbal(1)
std::string bash_completion(const std::vector<Command>& commands);

}  // namespace gimbal::app
