// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/process.h"

#include "support/working_folder.h"

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace gimbal {
namespace {

ProcessRequest shell(const WorkingFolder& folder, const std::string& script) {
  return {{"sh", "-c", script}, folder.path() / "log.txt", 0.0, {}};
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(Process, KeepsWhatItPrintsOnBothStreams) {
  const WorkingFolder folder;
  const auto result = run_process(shell(folder, "echo one; echo two >&2"));
  EXPECT_EQ(result.end, ProcessEnd::success);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(read_text(folder.path() / "log.txt"), "one\ntwo\n");
}

TEST(Process, TellsFailureCrashAndAMissingProgram) {
  const WorkingFolder folder;
  auto result = run_process(shell(folder, "echo bad input; exit 7"));
  EXPECT_EQ(result.end, ProcessEnd::failure);
  EXPECT_EQ(result.code, 7);
  EXPECT_NE(result.reason.find("exit code 7; its last words: bad input"), std::string::npos)
      << result.reason;
  result = run_process(shell(folder, "kill -SEGV $$"));
  EXPECT_EQ(result.end, ProcessEnd::signal);
  EXPECT_EQ(result.code, 11);
  EXPECT_NE(result.reason.find("crashed"), std::string::npos) << result.reason;
  result = run_process({{"no-such-program-at-all"}, folder.path() / "log.txt", 0.0, {}});
  EXPECT_EQ(result.end, ProcessEnd::not_started);
  EXPECT_NE(result.reason.find("there is no such program"), std::string::npos) << result.reason;
  // A file that may be executed, but is no program.
  write_text_atomically("rubbish", std::string("\x7f"
                                               "ELF rubbish"));
  std::filesystem::permissions("rubbish", std::filesystem::perms::owner_all);
  result = run_process({{"./rubbish"}, folder.path() / "log.txt", 0.0, {}});
  EXPECT_EQ(result.end, ProcessEnd::not_started);
}

TEST(Process, EndsAfterTheTimeLimitWithAllThatItStarted) {
  const WorkingFolder folder;
  const std::string late = (folder.path() / "late").string();
  auto request = shell(folder, "(sleep 1; touch " + late + ") & sleep 60");
  request.time_limit_s = 0.3;
  ProcessResult result;
  EXPECT_LT(seconds_of([&] { result = run_process(request); }), 20.0);
  EXPECT_EQ(result.end, ProcessEnd::time_limit);
  EXPECT_NE(result.reason.find("0.3 s, the time limit"), std::string::npos) << result.reason;
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_FALSE(std::filesystem::exists(late));
}

TEST(Process, EndsWhenAskedToAndWhenItDoesNotListen) {
  const WorkingFolder folder;
  auto request = shell(folder, "trap '' TERM; while :; do sleep 1; done");
  std::atomic<int> asked{0};
  request.stop = [&] { return ++asked > 5; };
  ProcessResult result;
  EXPECT_LT(seconds_of([&] { result = run_process(request); }), 30.0);
  EXPECT_EQ(result.end, ProcessEnd::stopped);
}

TEST(Process, PartsWordsAsAShellDoes) {
  EXPECT_EQ(shell_words("  -Tol 0.5\t-Gain 'a b.mrc' \"\" x\"y z\" "),
            (std::vector<std::string>{"-Tol", "0.5", "-Gain", "a b.mrc", "", "xy z"}));
  EXPECT_TRUE(shell_words("  ").empty());
  EXPECT_THROW(shell_words("-Gain 'a"), Error);
  EXPECT_EQ(shell_line({"a", "b c", "it's", ""}), "a 'b c' 'it'\\''s' ''");
  for (const auto* word : {"it s", "-x", "'"})
    EXPECT_EQ(shell_words(shell_line({"p", word == std::string("'") ? "q" : word})).size(), 2U);
}

}  // namespace
}  // namespace gimbal
