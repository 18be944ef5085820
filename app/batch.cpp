// SPDX-License-Identifier: GPL-3.0-or-later
#include "batch.h"

#include "progress.h"

#include "gimbal/core/parallel.h"
#include "gimbal/io/storage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>

namespace gimbal::app {
namespace {

struct Outcome {
  enum class Status { done, failed, not_started } status = Status::not_started;
  std::string reason;           // of a failure
  bool storage_failed = false;  // a StorageError: the batch was stopped
};

Outcome run_item(const BatchItem& item) {
  try {
    item.work();
    return {Outcome::Status::done, "", false};
  } catch (const std::bad_alloc&) {
    return {Outcome::Status::failed, "there is not enough memory", false};
  } catch (const StorageError& error) {
    return {Outcome::Status::failed, error.what(), true};
  } catch (const std::exception& error) {
    return {Outcome::Status::failed, error.what(), false};
  }
}

using Items = std::vector<const BatchItem*>;

std::vector<Outcome> run_all(const Items& items, int at_once, const JobFolder& folder,
                             Progress& progress) {
  std::vector<Outcome> outcomes(items.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> no_storage{false};
  parallel_for(at_once, [&](int) {
    for (std::size_t i = next++; i < items.size() && !no_storage && !folder.abort_requested();
         i = next++) {
      const std::string& name = items[i]->name;
      progress.started(name);
      outcomes[i] = run_item(*items[i]);
      const bool failed = outcomes[i].status == Outcome::Status::failed;
      if (outcomes[i].storage_failed)
        no_storage = true;  // said once, at the end
      else if (failed)
        progress.print_line(fmt::format("error: {}: {}", name, outcomes[i].reason));
      progress.finished(name, failed);
    }
  });
  return outcomes;
}

void fail_if_storage_failed(const std::vector<Outcome>& outcomes) {
  const auto failed = std::find_if(outcomes.begin(), outcomes.end(),
                                   [](const auto& outcome) { return outcome.storage_failed; });
  if (failed == outcomes.end()) return;
  const auto n_done = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return outcome.status == Outcome::Status::done;
  });
  throw StorageError(
      fmt::format("{}; stopped with {} of {} done: mend that, then run the same command with "
                  "--only_do_unfinished",
                  failed->reason, n_done, outcomes.size()));
}

// Those that are to be done now; the others are done, or have been skipped.
Items items_to_do(const std::vector<BatchItem>& items, const JobSettings& settings,
                  const std::string& not_now) {
  Items to_do;
  for (const auto& item : items) {
    const bool enough =
        settings.do_at_most >= 0 && to_do.size() >= static_cast<std::size_t>(settings.do_at_most);
    if ((settings.only_do_unfinished || enough) && item.is_done()) continue;
    if (enough)
      item.skipped(not_now);
    else
      to_do.push_back(&item);
  }
  return to_do;
}

}  // namespace

void run_batch(const std::vector<BatchItem>& items, const std::string& title, int at_once,
               const JobSettings& settings, const JobFolder& folder) {
  const std::string not_now = "it was not its turn yet (--do_at_most, or the job was stopped)";
  const Items to_do = items_to_do(items, settings, not_now);
  const int n_items = static_cast<int>(items.size());
  Progress progress(standard_error(), title, n_items, n_items - static_cast<int>(to_do.size()));
  const auto outcomes = run_all(to_do, at_once, folder, progress);
  for (std::size_t i = 0; i < to_do.size(); ++i) {
    if (outcomes[i].status == Outcome::Status::not_started) to_do[i]->skipped(not_now);
    if (outcomes[i].status == Outcome::Status::failed) to_do[i]->failed(outcomes[i].reason);
  }
  fail_if_storage_failed(outcomes);
}

}  // namespace gimbal::app
