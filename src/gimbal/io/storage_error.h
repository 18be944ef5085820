// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing more can be written where results go (full, over quota, read-only): going on with the
// other items of a job is of no use.
#pragma once

#include "gimbal/core/error.h"

namespace gimbal {

class StorageError : public Error {
 public:
  using Error::Error;
};

}  // namespace gimbal
