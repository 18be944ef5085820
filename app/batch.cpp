// SPDX-License-Identifier: GPL-3.0-or-later
#include "batch.h"

#include "progress.h"

#include "gimbal/core/parallel.h"
#include "gimbal/io/storage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <new>
#include <optional>

namespace gimbal::app {
namespace {

// Most errors about a file begin with its name.
std::string named(const std::string& name, const std::string& reason) {
  return reason.find(name) == std::string::npos ? name + ": " + reason : reason;
}

ItemOutcome run_item(const BatchItem& item) {
  try {
    item.work();
    return {ItemOutcome::Status::done, "", false};
  } catch (const std::bad_alloc&) {
    return {ItemOutcome::Status::failed, "there is not enough memory", false};
  } catch (const StorageError& error) {
    return {ItemOutcome::Status::failed, error.what(), true};
  } catch (const std::exception& error) {
    return {ItemOutcome::Status::failed, error.what(), false};
  }
}

// The items that are to be done, each given out once, in order, until the job has to stop.
class Queue {
 public:
  Queue(std::vector<std::size_t> to_do, const JobFolder& folder)
      : to_do_(std::move(to_do)), folder_(folder) {}

  std::optional<std::size_t> next() {
    if (no_storage_ || folder_.abort_requested()) return std::nullopt;
    const std::size_t i = next_++;
    return i < to_do_.size() ? std::optional(to_do_[i]) : std::nullopt;
  }
  void stop() { no_storage_ = true; }

 private:
  std::vector<std::size_t> to_do_;
  const JobFolder& folder_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> no_storage_{false};
};

// The same for all ranks that see the same items.
std::string digest(const std::vector<BatchItem>& items) {
  std::size_t hash = items.size();
  for (const auto& item : items) hash = hash * 1000003 + std::hash<std::string>{}(item.name);
  return fmt::format("{} items, {:x}", items.size(), hash);
}

void help(const std::vector<BatchItem>& items, int at_once, Crew& crew) {
  const std::string plan = digest(items);
  parallel_for(at_once, [&](int) {
    while (const auto i = crew.next_item(plan)) crew.finished(*i, run_item(items[*i]));
  });
}

// What the helpers did is loaded from their records.
ItemOutcome checked(const BatchItem& item, ItemOutcome outcome) {
  if (outcome.status == ItemOutcome::Status::done && !item.is_done())
    return {ItemOutcome::Status::failed,
            "another rank did it, but its outputs are not seen here: all ranks need the same "
            "folders",
            false};
  return outcome;
}

std::vector<ItemOutcome> lead(const std::vector<BatchItem>& items, Queue& queue, int at_once,
                              const JobFolder& folder, Progress& progress) {
  std::vector<ItemOutcome> outcomes(items.size());
  const auto next = [&] {
    const auto i = queue.next();
    if (i) progress.started(items[*i].name);
    return i;
  };
  const auto finished = [&](std::size_t i, const ItemOutcome& outcome) {
    outcomes[i] = outcome;
    const bool failed = outcome.status == ItemOutcome::Status::failed;
    folder.status().item_finished(failed);
    if (outcome.storage_failed)
      queue.stop();  // said once, at the end
    else if (failed)
      progress.print_line("error: " + named(items[i].name, outcome.reason));
    progress.finished(items[i].name, failed);
  };
  const auto warn = [&](const std::string& text) { progress.print_line("warning: " + text); };
  const auto serve = [&] {
    folder.crew().serve({digest(items), next,
                         [&](std::size_t i, const ItemOutcome& outcome) {
                           finished(i, checked(items[i], outcome));
                         },
                         warn});
  };
  auto helpers = std::async(std::launch::async, serve);
  parallel_for(at_once, [&](int) {
    while (const auto i = next()) finished(*i, run_item(items[*i]));
  });
  helpers.get();
  return outcomes;
}

void fail_if_storage_failed(const std::vector<ItemOutcome>& outcomes, std::size_t n_to_do) {
  const auto failed = std::find_if(outcomes.begin(), outcomes.end(),
                                   [](const auto& outcome) { return outcome.storage_failed; });
  if (failed == outcomes.end()) return;
  const auto n_done = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return outcome.status == ItemOutcome::Status::done;
  });
  throw StorageError(
      fmt::format("{}; stopped with {} of {} done: mend that, then run the same command with "
                  "--only_do_unfinished",
                  failed->reason, n_done, n_to_do));
}

// Those that are to be done now; the others are done, or have been skipped.
std::vector<std::size_t> items_to_do(const std::vector<BatchItem>& items,
                                     const JobSettings& settings, const std::string& not_now) {
  std::vector<std::size_t> to_do;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool enough =
        settings.do_at_most >= 0 && to_do.size() >= static_cast<std::size_t>(settings.do_at_most);
    if ((settings.only_do_unfinished || enough) && items[i].is_done()) continue;
    if (enough)
      items[i].skipped(not_now);
    else
      to_do.push_back(i);
  }
  return to_do;
}

}  // namespace

void run_batch(const std::vector<BatchItem>& items, const std::string& title, int at_once,
               const JobSettings& settings, const JobFolder& folder) {
  if (!folder.crew().leads()) return help(items, at_once, folder.crew());
  const std::string not_now = "it was not its turn yet (--do_at_most, or the job was stopped)";
  const auto to_do = items_to_do(items, settings, not_now);
  const int n_items = static_cast<int>(items.size());
  const int n_done = n_items - static_cast<int>(to_do.size());
  Progress progress(standard_error(), title, n_items, n_done);
  folder.status().has_items(n_items, n_done);
  Queue queue(to_do, folder);
  const auto outcomes = lead(items, queue, at_once, folder, progress);
  for (const std::size_t i : to_do) {
    if (outcomes[i].status == ItemOutcome::Status::not_started) items[i].skipped(not_now);
    if (outcomes[i].status == ItemOutcome::Status::failed) items[i].failed(outcomes[i].reason);
  }
  fail_if_storage_failed(outcomes, to_do.size());
}

}  // namespace gimbal::app
