// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/compressed.h"

#include "gimbal/io/decoder.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/mrc_header.h"

#include <algorithm>
#include <array>

namespace gimbal {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

// Pulls the compressed file through its decoder.
class Inflater {
 public:
  Inflater(const std::filesystem::path& path, Compression compression)
      : file_(path), decoder_(make_decoder(compression)), compression_(compression) {}

  // Appends to `out` until it has `target` bytes or the stream ends.
  void extend(std::vector<std::byte>& out, std::uint64_t target) {
    while (out.size() < target) {
      const auto before = out.size();
      out.resize(before +
                 static_cast<std::size_t>(std::min<std::uint64_t>(target - before, chunk_bytes)));
      const std::size_t got = fill(std::span(out).subspan(before));
      out.resize(before + got);
      if (got == 0) return;
    }
  }

 private:
  std::size_t fill(std::span<std::byte> out) {
    while (true) {
      if (begin_ == end_) refill();
      const auto step = decoder_->run(std::span(input_).subspan(begin_, end_ - begin_), out);
      if (step.damage != nullptr)
        fail_file(Defect::unreadable, "{}: {} ({}, before byte {} of the file)",
                  file_.path().string(), step.damage, compression_name(compression_), offset_);
      begin_ += step.consumed;
      if (step.produced > 0) return step.produced;
      if (begin_ == end_ && offset_ == file_.size()) {
        if (!step.at_end)
          fail_file(Defect::truncated,
                    "{} is truncated: its {} stream does not end within the {} bytes of the file",
                    file_.path().string(), compression_name(compression_), file_.size());
        return 0;
      }
    }
  }

  void refill() {
    input_.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(file_.size() - offset_, chunk_bytes)));
    file_.read_at(offset_, input_);
    offset_ += input_.size();
    begin_ = 0;
    end_ = input_.size();
  }

  InputFile file_;
  std::unique_ptr<Decoder> decoder_;
  Compression compression_;
  std::vector<std::byte> input_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t offset_ = 0;  // of what has not been read from the file yet
};

}  // namespace

std::optional<Compression> detect_compression(std::span<const std::byte> head) {
  const auto begins = [&](auto... values) {
    const std::array magic{static_cast<std::byte>(values)...};
    return head.size() > magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
  };
  if (begins(0x1fu, 0x8bu, 0x08u)) return Compression::gzip;
  if (begins('B', 'Z', 'h')) return Compression::bzip2;
  if (begins(0xfdu, '7', 'z', 'X', 'Z', 0x00u)) return Compression::xz;
  if (begins(0x28u, 0xb5u, 0x2fu, 0xfdu)) return Compression::zstd;
  return std::nullopt;
}

const char* compression_name(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::bzip2:
      return "bzip2";
    case Compression::xz:
      return "xz";
    case Compression::zstd:
      return "zstd";
  }
  return "";
}

std::unique_ptr<ByteSource> decompressed_mrc(const std::filesystem::path& path,
                                             Compression compression) {
  Inflater inflater(path, compression);
  std::vector<std::byte> bytes;
  inflater.extend(bytes, mrc_header_bytes);
  if (!is_mrc_header(bytes))
    fail_file(Defect::unreadable, "{} is {}-compressed, but what is inside is not an MRC file",
              path.string(), compression_name(compression));
  const auto declared = mrc_declared_bytes(parse_mrc_header(bytes, path.string()));
  // Memory is taken beforehand only as far as the compressed size makes it credible.
  const std::uint64_t credible = 256 * std::filesystem::file_size(path);
  bytes.reserve(static_cast<std::size_t>(std::min(declared + chunk_bytes, credible)));
  inflater.extend(bytes, declared + 1);
  return std::make_unique<MemorySource>(path.string(), std::move(bytes));
}

}  // namespace gimbal
