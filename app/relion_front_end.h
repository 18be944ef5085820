// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal under the names of RELION 5's programs (the links that `gimbal relion-shims` makes): the
// command lines of RELION's window become gimbal's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

// The names.
const std::vector<std::string>& relion_programs();

// How the program was called.
struct RelionCall {
  bool is_one = false;      // by one of these names: then the words have become gimbal's
  std::optional<int> code;  // it ends here, with this exit code
};

// `called_as`: argv[0]. Input that is no tilt series goes to RELION's own program of the same name,
// if there is one further down in PATH; then this does not return.
RelionCall relion_call(const std::string& called_as, std::vector<std::string>& words);

}  // namespace gimbal::app
