// SPDX-License-Identifier: GPL-3.0-or-later
#include "batch.h"

#include "gimbal/core/parallel.h"

#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <new>

namespace gimbal::app {
namespace {

BatchOutcome run_item(const BatchItem& item) {
  try {
    item.work();
    return {BatchOutcome::Status::done, ""};
  } catch (const std::bad_alloc&) {
    return {BatchOutcome::Status::failed, "there is not enough memory"};
  } catch (const std::exception& error) {
    return {BatchOutcome::Status::failed, error.what()};
  }
}

}  // namespace

std::vector<BatchOutcome> run_batch(const std::vector<BatchItem>& items, int at_once,
                                    const std::function<bool()>& stop, Progress& progress) {
  std::vector<BatchOutcome> outcomes(items.size());
  std::atomic<std::size_t> next{0};
  parallel_for(at_once, [&](int) {
    for (std::size_t i = next++; i < items.size() && !stop(); i = next++) {
      progress.started(items[i].name);
      outcomes[i] = run_item(items[i]);
      const bool failed = outcomes[i].status == BatchOutcome::Status::failed;
      if (failed)
        progress.print_line(fmt::format("error: {}: {}", items[i].name, outcomes[i].reason));
      progress.finished(items[i].name, failed);
    }
  });
  return outcomes;
}

}  // namespace gimbal::app
