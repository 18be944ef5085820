// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"

namespace gimbal {

Error::Error(std::string message) : std::runtime_error(message), text_(std::move(message)) {}

void Error::add_context(const std::string& context) {
  text_ += ", while " + context;
}

}  // namespace gimbal
