// SPDX-License-Identifier: GPL-3.0-or-later
// An Error about the content of a file that also says what kind of defect it is, so that checks
// can sort it into the exit mask of `gimbal validate`.
#pragma once

#include "gimbal/core/error.h"

namespace gimbal {

class FileError : public Error {
 public:
  FileError(Defect defect, std::string message) : Error(std::move(message)), defect_(defect) {}
  Defect defect() const { return defect_; }

 private:
  Defect defect_;
};

template <typename... Args>
[[noreturn]] void fail_file(Defect defect, fmt::format_string<Args...> format, Args&&... args) {
  throw FileError(defect, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace gimbal
