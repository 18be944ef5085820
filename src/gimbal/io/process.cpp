// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/process.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace gimbal {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto short_while = std::chrono::milliseconds(20);
constexpr auto patience = std::chrono::seconds(3);  // between asking for the end and forcing it
constexpr int not_executable = 127;

// Only what may be called between fork() and exec() in a program with threads.
[[noreturn]] void become(char* const* words, const char* program, int log) {
  ::setpgid(0, 0);                     // so that all that it starts can be ended with it
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // it does not outlive a killed gimbal
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(program, words);
  ::execl("/bin/sh", "sh", "-c", "exit 127", static_cast<char*>(nullptr));  // not_executable
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

void end_all(pid_t group, int& status) {
  ::kill(-group, SIGTERM);
  const auto until = Clock::now() + patience;
  while (Clock::now() < until) {
    if (::waitpid(group, &status, WNOHANG) == group) break;
    std::this_thread::sleep_for(short_while);
  }
  // Whatever it started and left behind, too.
  if (::kill(-group, SIGKILL) == 0) ::waitpid(group, &status, WNOHANG);
  ::waitpid(group, &status, 0);
}

// Waits for the end, and says why it came if not by itself.
ProcessEnd wait_for(pid_t child, const ProcessRequest& request, int& status) {
  const auto start = Clock::now();
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return ProcessEnd::success;
    const std::chrono::duration<double> taken = Clock::now() - start;
    const bool late = request.time_limit_s > 0.0 && taken.count() > request.time_limit_s;
    if (late || (request.stop && request.stop())) {
      end_all(child, status);
      return late ? ProcessEnd::time_limit : ProcessEnd::stopped;
    }
    std::this_thread::sleep_for(short_while);
  }
}

// The last lines that say something.
std::string last_words(const fs::path& log) {
  constexpr std::size_t lines_shown = 4, longest = 400;
  std::string text;
  try {
    text = read_text(log);
  } catch (const Error&) {
    return "";
  }
  std::vector<std::string_view> lines;
  for (const auto line : split(text, '\n'))
    if (!trim(line).empty()) lines.push_back(trim(line));
  std::string words;
  for (std::size_t i = lines.size() - std::min(lines_shown, lines.size()); i < lines.size(); ++i)
    words += (words.empty() ? "" : " / ") + std::string(lines[i]);
  return words.size() > longest ? "... " + words.substr(words.size() - longest) : words;
}

std::string reason_of(const ProcessRequest& request, const ProcessResult& result) {
  std::string text = request.words.front();
  switch (result.end) {
    case ProcessEnd::success:
      return "";
    case ProcessEnd::failure:
      text += fmt::format(" failed with exit code {}", result.code);
      break;
    case ProcessEnd::signal:
      text += fmt::format(" crashed ({})", ::strsignal(result.code));
      break;
    case ProcessEnd::time_limit:
      text += fmt::format(" was ended after {:g} s, the time limit", request.time_limit_s);
      break;
    case ProcessEnd::stopped:
      return text + " was ended because the job was stopped";
    case ProcessEnd::not_started:
      text += " could not be started: there is no such program, or it may not be executed";
      if (last_words(request.log).empty()) return text;
      break;
  }
  const std::string said = last_words(request.log);
  return text + (said.empty() ? "; it said nothing" : "; its last words: " + said) +
         fmt::format(" (log: {})", request.log.string());
}

}  // namespace

fs::path find_program(const std::string& name) {
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  for (const auto folder : split(path == nullptr ? "" : path, ':')) {
    const fs::path program = fs::path(folder.empty() ? "." : folder) / name;
    if (::access(program.c_str(), X_OK) == 0 && !fs::is_directory(program)) return program;
  }
  return {};
}

ProcessResult run_process(const ProcessRequest& request) {
  ProcessResult result;
  const fs::path program = find_program(request.words.front());
  std::error_code code;
  if (request.log.has_parent_path()) fs::create_directories(request.log.parent_path(), code);
  const int log =
      ::open(request.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (program.empty() || log < 0) {
    if (log >= 0) ::close(log);
    result.end = ProcessEnd::not_started;
    result.reason =
        log < 0 ? fmt::format("cannot write {}: {}", request.log.string(), std::strerror(errno))
                : reason_of(request, result);
    return result;
  }
  std::vector<char*> words;
  for (const auto& word : request.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) become(words.data(), program.c_str(), log);
  ::close(log);
  if (child < 0) {
    result.end = ProcessEnd::not_started;
    result.reason = fmt::format("cannot start {}: {}", program.string(), std::strerror(errno));
    return result;
  }
  ::setpgid(child, child);  // as the child does: whoever comes first
  int status = 0;
  result.end = wait_for(child, request, status);
  if (result.end == ProcessEnd::success && WIFSIGNALED(status)) {
    result.end = ProcessEnd::signal;
    result.code = WTERMSIG(status);
  } else if (result.end == ProcessEnd::success && WEXITSTATUS(status) != 0) {
    result.code = WEXITSTATUS(status);
    result.end = result.code == not_executable ? ProcessEnd::not_started : ProcessEnd::failure;
  }
  result.reason = reason_of(request, result);
  return result;
}

std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words;
  char quote = 0;
  bool inside = false;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        words.back() += c;
      continue;
    }
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (blank) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == '"' || c == '\'')
      quote = c;
    else
      words.back() += c;
  }
  if (quote != 0) fail("a quote ({}) is not closed in: {}", quote, line);
  return words;
}

std::string shell_line(const std::vector<std::string>& words) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  std::string line;
  for (const auto& word : words) {
    line += line.empty() ? "" : " ";
    line += !word.empty() && word.find_first_not_of(plain) == std::string::npos
                ? word
                : '\'' + replace_all(word, "'", "'\\''") + '\'';
  }
  return line;
}

}  // namespace gimbal
