// SPDX-License-Identifier: GPL-3.0-or-later
// The loop over the items of a job: several at a time, one that fails does not stop the others.
#pragma once

#include "progress.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

struct BatchItem {
  std::string name;
  std::function<void()> work;
};

struct BatchOutcome {
  enum class Status { done, failed, not_started } status = Status::not_started;
  std::string reason;           // of a failure
  bool storage_failed = false;  // a StorageError: the batch was stopped
};

// Call it inside an Arena. Items begin in order, `at_once` at a time; none begins once stop() is
// true, or once results can no longer be written. Failures are printed as they happen.
std::vector<BatchOutcome> run_batch(const std::vector<BatchItem>& items, int at_once,
                                    const std::function<bool()>& stop, Progress& progress);

// Throws when the batch ended because results could no longer be written. Call it after the outputs
// of failed items are gone.
void fail_if_storage_failed(const std::vector<BatchOutcome>& outcomes);

}  // namespace gimbal::app
