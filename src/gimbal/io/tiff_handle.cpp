// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/tiff_handle.h"

#include "gimbal/io/bytes.h"
#include "gimbal/io/file.h"
#include "gimbal/io/file_error.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace gimbal {
namespace {

// 1 tells libtiff that the message has been dealt with.
int keep_error(TIFF*, void* text, const char*, const char* format, va_list arguments) {
  std::array<char, 300> buffer{};
  std::vsnprintf(buffer.data(), buffer.size(), format, arguments);
  *static_cast<std::string*>(text) = buffer.data();
  return 1;
}

int drop_warning(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

// libtiff takes a file that ends inside the last link of the chain for a complete one.
bool last_link_is_whole(const TiffHandle& handle, std::uint64_t begin, const InputFile& file) {
  const bool big = TIFFIsBigTIFF(handle.get()) != 0;
  std::array<std::byte, 8> count{};
  const auto order = TIFFIsBigEndian(handle.get()) != 0 ? std::endian::big : std::endian::little;
  file.read_at(begin, std::span(count).first(big ? 8 : 2));
  const std::uint64_t entries =
      big ? load<std::uint64_t>(count, 0, order) : load<std::uint16_t>(count, 0, order);
  return begin + (big ? 8 + 20 * entries + 8 : 2 + 12 * entries + 4) <= file.size();
}

constexpr tmsize_t largest_allocation = tmsize_t{1} << 31;

}  // namespace

TiffHandle::TiffHandle(const std::filesystem::path& path, const char* mode)
    : error_(std::make_unique<std::string>()) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, error_.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), drop_warning, nullptr);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), largest_allocation);
  tiff_.reset(TIFFOpenExt(path.c_str(), mode, options.get()));
  if (!tiff_)
    fail_file(Defect::bad_header, "cannot open {} as TIFF: {}", path.string(),
              error_->empty() ? "it begins as one, but holds no image" : *error_);
}

std::uint32_t TiffHandle::integer(std::uint32_t tag, std::uint32_t otherwise) const {
  const TIFFField* field = TIFFFieldWithTag(get(), tag);
  if (field != nullptr && TIFFFieldSetGetSize(field) == 2) {
    std::uint16_t value = 0;
    return TIFFGetField(get(), tag, &value) != 0 ? value : otherwise;
  }
  std::uint32_t value = 0;
  return TIFFGetField(get(), tag, &value) != 0 ? value : otherwise;
}

TiffHandle::PrivateTag TiffHandle::private_tag(std::uint32_t tag) const {
  const TIFFField* field = TIFFFindField(get(), tag, TIFF_ANY);
  if (field == nullptr || TIFFFieldPassCount(field) == 0 ||
      TIFFFieldReadCount(field) != TIFF_VARIABLE2)
    return {};
  PrivateTag value;
  if (TIFFGetField(get(), tag, &value.count, &value.data) == 0 || value.data == nullptr) return {};
  // Only now: the type of a tag that could not be read may be no type at all.
  value.type = TIFFFieldDataType(field);
  return value;
}

std::string TiffHandle::private_text(std::uint32_t tag) const {
  const auto value = private_tag(tag);
  if (value.type != TIFF_ASCII && value.type != TIFF_BYTE && value.type != TIFF_UNDEFINED)
    return {};
  const auto* text = static_cast<const char*>(value.data);
  return {text, strnlen(text, value.count)};
}

std::uint32_t TiffHandle::private_integer(std::uint32_t tag, std::uint32_t otherwise) const {
  const auto value = private_tag(tag);
  if (value.count < 1) return otherwise;
  const auto first = [&value](auto number) {
    std::memcpy(&number, value.data, sizeof number);
    return static_cast<std::uint32_t>(number);
  };
  switch (value.type) {
    case TIFF_BYTE:
      return first(std::uint8_t{});
    case TIFF_SHORT:
      return first(std::uint16_t{});
    case TIFF_LONG:
      return first(std::uint32_t{});
    default:
      return otherwise;
  }
}

void for_each_directory(const TiffHandle& handle, const std::filesystem::path& path,
                        const std::function<void()>& visit) {
  std::uint64_t n = 0, last = 0;
  do {
    last = TIFFCurrentDirOffset(handle.get());
    visit();
    ++n;
  } while (TIFFReadDirectory(handle.get()) != 0);
  // At the true end of the chain libtiff has nothing to complain of, and there is no next
  // directory.
  if (!handle.error().empty() || TIFFLastDirectory(handle.get()) == 0 ||
      !last_link_is_whole(handle, last, InputFile(path)))
    fail_file(Defect::truncated,
              "{}: the chain of TIFF directories breaks after {} ({}): the file is truncated or "
              "damaged",
              path.string(), n, handle.error().empty() ? "no end" : handle.error());
}

void TiffPool::with_handle(const std::function<void(const TiffHandle&)>& use) const {
  std::unique_ptr<TiffHandle> handle;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      handle = std::make_unique<TiffHandle>(std::move(idle_.back()));
      idle_.pop_back();
    }
  }
  if (!handle) handle = std::make_unique<TiffHandle>(path_, "rmO");
  use(*handle);  // after an exception the handle is not used again
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(*handle));
}

bool is_tiff(std::span<const std::byte> head) {
  constexpr std::array<std::array<char, 4>, 4> magics{
      {{'I', 'I', 42, 0}, {'M', 'M', 0, 42}, {'I', 'I', 43, 0}, {'M', 'M', 0, 43}}};
  for (const auto& magic : magics)
    if (head.size() >= 8 && std::memcmp(head.data(), magic.data(), 4) == 0) return true;
  return false;
}

}  // namespace gimbal
