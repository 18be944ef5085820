// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/decoder.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>

namespace gimbal {
namespace {

constexpr const char* damaged = "the compressed data are damaged";

// The C interfaces take unsigned int counts and pointers that are not const.
unsigned limited(std::size_t n) {
  return static_cast<unsigned>(std::min<std::size_t>(n, 1u << 30));
}

template <typename T>
T* input_pointer(std::span<const std::byte> in) {
  return reinterpret_cast<T*>(const_cast<std::byte*>(in.data()));
}

class GzipDecoder : public Decoder {
 public:
  GzipDecoder() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  Step run(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (ended_ && !in.empty()) {
      inflateReset(&stream_);
      ended_ = false;
    }
    const unsigned n_in = limited(in.size()), n_out = limited(out.size());
    stream_.next_in = input_pointer<Bytef>(in);
    stream_.avail_in = n_in;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = n_out;
    const int code = ended_ ? Z_STREAM_END : inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) ended_ = true;
    const bool fine = code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
    return {n_in - stream_.avail_in, n_out - stream_.avail_out, ended_, fine ? nullptr : damaged};
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

class Bzip2Decoder : public Decoder {
 public:
  Bzip2Decoder() { begin(); }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }
  Step run(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (ended_ && in.empty()) return {0, 0, true, nullptr};
    if (ended_) {
      BZ2_bzDecompressEnd(&stream_);
      begin();
    }
    const unsigned n_in = limited(in.size()), n_out = limited(out.size());
    stream_.next_in = input_pointer<char>(in);
    stream_.avail_in = n_in;
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = n_out;
    const int code = BZ2_bzDecompress(&stream_);
    ended_ = code == BZ_STREAM_END;
    return {n_in - stream_.avail_in, n_out - stream_.avail_out, ended_,
            code == BZ_OK || ended_ ? nullptr : damaged};
  }

 private:
  void begin() {
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
    ended_ = false;
  }
  bz_stream stream_{};
  bool ended_ = false;
};

class XzDecoder : public Decoder {
 public:
  XzDecoder() { begin(); }
  ~XzDecoder() override { lzma_end(&stream_); }
  Step run(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (ended_ && in.empty()) return {0, 0, true, nullptr};
    if (ended_) begin();
    stream_.next_in = input_pointer<const std::uint8_t>(in);
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
    ended_ = code == LZMA_STREAM_END;
    const bool fine = code == LZMA_OK || code == LZMA_BUF_ERROR || ended_;
    return {in.size() - stream_.avail_in, out.size() - stream_.avail_out, ended_,
            fine ? nullptr : damaged};
  }

 private:
  void begin() {
    constexpr std::uint64_t memory_limit = std::uint64_t{1} << 30;
    if (lzma_stream_decoder(&stream_, memory_limit, 0) != LZMA_OK) throw std::bad_alloc();
    ended_ = false;
  }
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  Step run(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (ended_ && in.empty()) return {0, 0, true, nullptr};
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t code = ZSTD_decompressStream(stream_, &output, &input);
    ended_ = code == 0;
    return {input.pos, output.pos, ended_, ZSTD_isError(code) != 0 ? damaged : nullptr};
  }

 private:
  ZSTD_DStream* stream_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipDecoder>();
    case Compression::bzip2:
      return std::make_unique<Bzip2Decoder>();
    case Compression::xz:
      return std::make_unique<XzDecoder>();
    case Compression::zstd:
      return std::make_unique<ZstdDecoder>();
  }
  return nullptr;
}

}  // namespace gimbal
