// SPDX-License-Identifier: GPL-3.0-or-later
// The loop over the items of a job: several at a time, one that fails does not stop the others.
#pragma once

#include "job_folder.h"

#include <functional>
#include <string>
#include <vector>

namespace gimbal::app {

struct BatchItem {
  std::string name;
  std::function<bool()> is_done;  // finished by an earlier run; then its result is loaded, too
  std::function<void()> work;
  // What became of it otherwise. A failed item's outputs have to go.
  std::function<void(const std::string& reason)> failed;
  std::function<void(const std::string& reason)> skipped;
};

// Works on the items that are to be done by the settings, in order, `at_once` at a time on each
// rank; none begins once RELION asks for the end. Failures are printed as they happen. Call it
// inside an Arena. Throws, with the failed items' outputs gone, once results can no longer be
// written. Only the leader of the job's crew knows afterwards what became of all items.
void run_batch(const std::vector<BatchItem>& items, const std::string& title, int at_once,
               const JobSettings& settings, const JobFolder& folder);

}  // namespace gimbal::app
