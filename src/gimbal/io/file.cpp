// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/file.h"

#include "gimbal/io/file_error.h"
#include "gimbal/io/storage_error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace gimbal {
namespace {

std::string reason(int code) {
  return std::strerror(code);
}

// A name that no other process or thread uses, and that a killed run leaves recognisable.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.parent_path() /
         fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), counter++);
}

// ".<name>.<process>.<number>.tmp", as above.
bool is_temporary(const std::string& name) {
  std::string_view rest = name;
  if (!rest.starts_with('.') || !rest.ends_with(".tmp")) return false;
  rest.remove_suffix(4);
  for (int part = 0; part < 2; ++part) {
    const auto dot = rest.rfind('.');
    const auto number = rest.substr(dot + 1);
    if (dot == 0 || number.empty() ||
        number.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    rest = rest.substr(0, dot);
  }
  return rest.size() > 1;
}

// "cannot <what>: <reason>", as a StorageError where every other file there would fail, too.
[[noreturn]] void fail_to(const std::string& what, int code) {
  const auto text = fmt::format("cannot {}: {}", what, reason(code));
  if (code == ENOSPC || code == EDQUOT || code == EROFS || code == EACCES || code == EFBIG)
    throw StorageError(text);
  throw Error(text);
}

void create_parent_folder(const std::filesystem::path& path) {
  std::error_code code;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), code);
  if (code) fail_to(fmt::format("create the folder {}", path.parent_path().string()), code.value());
}

void flush_to_disk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("cannot reopen {}: {}", path.string(), reason(errno));
  const int result = ::fdatasync(descriptor), code = errno;
  ::close(descriptor);
  if (result != 0) fail_to(fmt::format("flush {} to disk", path.string()), code);
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : path_(path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail("cannot open {}: {}", path.string(), reason(errno));
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail("cannot read {}: it is not a regular file", path.string());
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), size_(other.size_), descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

void InputFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                             static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      fail("cannot read {} at byte {}: {}", path_.string(), offset + done, reason(errno));
    if (got == 0)
      fail_file(
          Defect::truncated,
          "{} ends at byte {}, but {} bytes from byte {} on were expected: the file is truncated",
          path_.string(), offset + done, bytes.size(), offset);
    done += static_cast<std::size_t>(got);
  }
}

std::string read_text(const std::filesystem::path& path) {
  const InputFile file(path);
  std::string text(file.size(), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(text)));
  return text;
}

void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path&)>& write,
                      Survive survive) {
  create_parent_folder(path);
  std::error_code code;
  const auto temporary = temporary_beside(path);
  try {
    write(temporary);
    if (survive == Survive::power_failure) flush_to_disk(temporary);
    std::filesystem::rename(temporary, path, code);
    if (code) fail("cannot rename {} to {}: {}", temporary.string(), path.string(), code.message());
  } catch (...) {
    std::filesystem::remove(temporary, code);
    throw;
  }
}

void write_text_atomically(const std::filesystem::path& path, const std::string& text,
                           Survive survive) {
  const auto write = [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream.write(text.data(), static_cast<std::streamsize>(text.size()));
    stream.close();
    if (!stream) fail_to(fmt::format("write {}", path.string()), errno);
  };
  write_atomically(path, write, survive);
}

void remove_temporary_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && is_temporary(entry.path().filename().string()))
      found.push_back(entry.path());
  for (const auto& path : found) std::filesystem::remove(path);
}

OutputFile::OutputFile(const std::filesystem::path& path)
    : path_(path), temporary_(temporary_beside(path)) {
  create_parent_folder(path);
  descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail_to(fmt::format("create {}", temporary_.string()), errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void OutputFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto put = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_to(fmt::format("write {}", path_.string()), errno);
    done += static_cast<std::size_t>(put);
  }
}

void OutputFile::commit(Survive survive) {
  if (survive == Survive::power_failure && ::fdatasync(descriptor_) != 0)
    fail_to(fmt::format("flush {} to disk", path_.string()), errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    fail("cannot rename {} to {}: {}", temporary_.string(), path_.string(), reason(errno));
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace gimbal
