// SPDX-License-Identifier: GPL-3.0-or-later
#include "crew.h"

#include "mpi_session.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace gimbal::app {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "an unknown host";
}

}  // namespace

Crew::Crew() noexcept : rank_(mpi_rank()), size_(mpi_size()) {
  if (leads()) has_left_.assign(static_cast<std::size_t>(size_), false);
  if (leads()) has_left_[0] = true;
}

Crew::~Crew() {
  if (!leads()) leave("");
  if (!begun_) return;
  const auto nothing = [] { return std::optional<std::size_t>(); };
  serve({"", nothing, [](std::size_t, const ItemOutcome&) {}, [](const std::string&) {}});
}

bool Crew::begins(bool leaders_word) {
  begun_ = leaders_word;
  if (!leads()) begun_ = mpi_receive(0) == "begin";
  if (leads())
    for (int helper = 1; helper < size_; ++helper)
      mpi_send(helper, leaders_word ? "begin" : "do not");
  return begun_;
}

std::optional<std::size_t> Crew::next_item(const std::string& plan) {
  const std::lock_guard lock(mutex_);
  mpi_send(0, text_of({{"say", "next"}, {"plan", plan}}));
  const Json item = Json::parse(mpi_receive(0));
  if (item.is_null()) return std::nullopt;
  return item.get<std::size_t>();
}

void Crew::finished(std::size_t item, const ItemOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  mpi_send(0, text_of({{"say", "finished"},
                       {"item", item},
                       {"failed", outcome.status == ItemOutcome::Status::failed},
                       {"reason", outcome.reason},
                       {"storage_failed", outcome.storage_failed}}));
}

void Crew::leave(const std::string& reason) noexcept {
  if (!begun_ || leads()) return;
  begun_ = false;
  const std::lock_guard lock(mutex_);
  mpi_send(0, text_of({{"say", "leave"}, {"reason", reason}, {"host", host()}}));
}

void Crew::answer(int helper, const std::string& text, const Answers& answers) {
  const Json word = Json::parse(text);
  if (word["say"] == "next") {
    const bool same_plan = word["plan"] == answers.plan;
    const auto item = same_plan ? answers.next_item() : std::nullopt;
    mpi_send(helper, item ? text_of(*item) : "null");
    if (!same_plan)
      answers.warn(fmt::format("rank {} sees other files than rank 0 and gets no work", helper));
  } else if (word["say"] == "finished") {
    const auto status =
        word["failed"].get<bool>() ? ItemOutcome::Status::failed : ItemOutcome::Status::done;
    answers.finished(word["item"].get<std::size_t>(),
                     {status, word["reason"].get<std::string>(), word["storage_failed"]});
  } else {
    has_left_[static_cast<std::size_t>(helper)] = true;
    const auto reason = word["reason"].get<std::string>();
    if (!reason.empty())
      answers.warn(fmt::format("rank {} on {} cannot help: {}", helper,
                               word["host"].get<std::string>(), reason));
  }
}

void Crew::serve(const Answers& answers) {
  while (!std::all_of(has_left_.begin(), has_left_.end(), [](bool left) { return left; })) {
    if (const auto word = mpi_receive_any())
      answer(word->first, word->second, answers);
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace gimbal::app
