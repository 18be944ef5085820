// SPDX-License-Identifier: GPL-3.0-or-later
// The ranks of one job. Rank 0 leads: it hands out the items one by one, keeps the log, and writes
// what belongs to the whole job; the others help. One process alone leads nobody.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

struct ItemOutcome {
  enum class Status { done, failed, not_started } status = Status::not_started;
  std::string reason;           // of a failure
  bool storage_failed = false;  // results can no longer be written
};

class Crew {
 public:
  Crew() noexcept;
  ~Crew();  // the leader waits until all helpers have left; a helper leaves
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  bool leads() const { return rank_ == 0; }
  bool alone() const { return size_ == 1; }

  // The leader says whether the job begins, the helpers wait for that. First of all.
  bool begins(bool leaders_word);

  // Helpers, from any thread. `plan` tells the items of a job from those of another: a helper that
  // was given other files than the leader gets no item. Nothing: no item is left.
  std::optional<std::size_t> next_item(const std::string& plan);
  void finished(std::size_t item, const ItemOutcome& outcome);
  void leave(const std::string& reason) noexcept;  // empty: as it should be

  // The leader, from one thread: answers the helpers until all have left.
  struct Answers {
    std::string plan;
    std::function<std::optional<std::size_t>()> next_item;
    std::function<void(std::size_t, const ItemOutcome&)> finished;
    std::function<void(const std::string&)> warn;
  };
  void serve(const Answers& answers);

 private:
  void answer(int helper, const std::string& text, const Answers& answers);

  int rank_, size_;
  bool begun_ = false;
  std::vector<bool> has_left_;  // of the helpers, as the leader knows
  std::mutex mutex_;            // one thread sends or waits at a time
};

}  // namespace gimbal::app
