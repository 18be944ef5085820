// SPDX-License-Identifier: GPL-3.0-or-later
// Compressed movies: the same frames as uncompressed, damage and truncation are errors.
#include "gimbal/io/compressed.h"

#include "mrc_builder.h"

#include "gimbal/io/file_error.h"
#include "gimbal/io/frame_reader.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace gimbal {
namespace {

using test::Bytes;

Bytes gzip(const Bytes& in) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(in.size() + 1000);
  Bytes copy = in;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<unsigned>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes bzip2(const Bytes& in) {
  Bytes out(in.size() + 1000);
  Bytes copy = in;
  auto size = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &size,
                                     reinterpret_cast<char*>(copy.data()),
                                     static_cast<unsigned>(in.size()), 1, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

Bytes xz(const Bytes& in) {
  Bytes out(in.size() + 1000);
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr,
                                    reinterpret_cast<const std::uint8_t*>(in.data()), in.size(),
                                    reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  out.resize(size);
  return out;
}

Bytes zstd(const Bytes& in) {
  Bytes out(ZSTD_compressBound(in.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

Bytes compress(Compression compression, const Bytes& in) {
  switch (compression) {
    case Compression::gzip:
      return gzip(in);
    case Compression::bzip2:
      return bzip2(in);
    case Compression::xz:
      return xz(in);
    case Compression::zstd:
      return zstd(in);
  }
  return {};
}

class Compressed : public test::ScratchTest, public ::testing::WithParamInterface<Compression> {
 protected:
  static test::MrcBuilder movie() {
    test::MrcBuilder builder;
    builder.nx = 64, builder.ny = 50, builder.nz = 3, builder.mode = 1;
    builder.fill_header();
    for (int i = 0; i < 64 * 50 * 3; ++i)
      builder.add(static_cast<std::int16_t>(i * 7919 % 1000 - 500));
    return builder;
  }
};

TEST_P(Compressed, SameFramesAsUncompressed) {
  const auto bytes = movie().bytes();
  const auto plain = open_frames(write("a.mrc", bytes));
  const auto packed = open_frames(write("a.mrc.x", compress(GetParam(), bytes)));
  EXPECT_EQ(packed->info().n_frames, 3);
  RawFrame a, b;
  for (const int i : {2, 0, 1}) {
    plain->read(i, a);
    packed->read(i, b);
    EXPECT_EQ(a.bytes, b.bytes);
  }
}

TEST_P(Compressed, SeveralStreamsAreOneFile) {
  const auto bytes = movie().bytes();
  const auto middle = bytes.begin() + 5000;
  auto packed = compress(GetParam(), Bytes(bytes.begin(), middle));
  const auto rest = compress(GetParam(), Bytes(middle, bytes.end()));
  packed.insert(packed.end(), rest.begin(), rest.end());
  EXPECT_EQ(open_frames(write("a.mrc.x", packed))->info().n_frames, 3);
}

TEST_P(Compressed, TruncationAnywhereIsAnError) {
  const auto packed = compress(GetParam(), movie().bytes());
  for (std::size_t size = 7; size < packed.size(); size += 1 + packed.size() / 97) {
    const Bytes cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(open_frames(write("cut.mrc.x", cut)), FileError) << size;
  }
  const Bytes cut(packed.begin(), packed.end() - 1);
  EXPECT_THROW(open_frames(write("cut.mrc.x", cut)), FileError);
}

TEST_P(Compressed, InnerTruncationAndDamageAreErrors) {
  auto bytes = movie().bytes();
  bytes.resize(bytes.size() - 1);
  try {
    open_frames(write("a.mrc.x", compress(GetParam(), bytes)));
    FAIL() << "a truncated movie was opened";
  } catch (const FileError& error) {
    EXPECT_EQ(error.defect(), Defect::truncated);
  }
  EXPECT_THROW(open_frames(write("b.mrc.x", compress(GetParam(), Bytes(3000)))), FileError);
}

TEST_P(Compressed, NoMoreThanTheHeaderDeclaresIsHeld) {
  auto builder = movie();
  builder.data.resize(std::size_t{1} << 24);
  const auto source =
      decompressed_mrc(write("a.mrc.x", compress(GetParam(), builder.bytes())), GetParam());
  EXPECT_EQ(source->size(), 1024u + 64 * 50 * 3 * 2 + 1);  // one byte more shows that more follows
}

INSTANTIATE_TEST_SUITE_P(All, Compressed,
                         ::testing::Values(Compression::gzip, Compression::bzip2, Compression::xz,
                                           Compression::zstd));

}  // namespace
}  // namespace gimbal
