// SPDX-License-Identifier: GPL-3.0-or-later
#include "batch.h"

#include "gimbal/core/parallel.h"
#include "gimbal/io/storage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>

namespace gimbal::app {
namespace {

BatchOutcome run_item(const BatchItem& item) {
  try {
    item.work();
    return {BatchOutcome::Status::done, "", false};
  } catch (const std::bad_alloc&) {
    return {BatchOutcome::Status::failed, "there is not enough memory", false};
  } catch (const StorageError& error) {
    return {BatchOutcome::Status::failed, error.what(), true};
  } catch (const std::exception& error) {
    return {BatchOutcome::Status::failed, error.what(), false};
  }
}

}  // namespace

std::vector<BatchOutcome> run_batch(const std::vector<BatchItem>& items, int at_once,
                                    const std::function<bool()>& stop, Progress& progress) {
  std::vector<BatchOutcome> outcomes(items.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> no_storage{false};
  parallel_for(at_once, [&](int) {
    for (std::size_t i = next++; i < items.size() && !no_storage && !stop(); i = next++) {
      progress.started(items[i].name);
      outcomes[i] = run_item(items[i]);
      const bool failed = outcomes[i].status == BatchOutcome::Status::failed;
      if (outcomes[i].storage_failed)
        no_storage = true;  // said once, at the end
      else if (failed)
        progress.print_line(fmt::format("error: {}: {}", items[i].name, outcomes[i].reason));
      progress.finished(items[i].name, failed);
    }
  });
  return outcomes;
}

void fail_if_storage_failed(const std::vector<BatchOutcome>& outcomes) {
  const auto failed = std::find_if(outcomes.begin(), outcomes.end(),
                                   [](const auto& outcome) { return outcome.storage_failed; });
  if (failed == outcomes.end()) return;
  const auto n_done = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return outcome.status == BatchOutcome::Status::done;
  });
  throw StorageError(
      fmt::format("{}; stopped with {} of {} done: mend that, then run the same command with "
                  "--only_do_unfinished",
                  failed->reason, n_done, outcomes.size()));
}

}  // namespace gimbal::app
