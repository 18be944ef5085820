// SPDX-License-Identifier: GPL-3.0-or-later
// Writing MRC: little-endian, sections in order, the header last, when the statistics are known.
#include "gimbal/core/parallel.h"
#include "gimbal/io/file.h"
#include "gimbal/io/mrc.h"
#include "gimbal/io/mrc_header.h"
#include "gimbal/io/mrc_pixels.h"

namespace gimbal {
namespace {

constexpr int rows_per_task = 128;

}  // namespace

struct MrcStackWriter::Impl {
  std::filesystem::path path;
  int nx, ny, nz;
  MrcWriteOptions options;
  OutputFile file;
  mrc::Statistics statistics = {};
  int written = 0;
};

MrcStackWriter::MrcStackWriter(const std::filesystem::path& path, int nx, int ny, int nz,
                               const MrcWriteOptions& options) {
  if (nx < 1 || ny < 1 || nz < 1)
    fail("cannot write {}: a stack of {} x {} x {} pixels is empty", path.string(), nx, ny, nz);
  impl_.reset(new Impl{path, nx, ny, nz, options, OutputFile(path)});
}

MrcStackWriter::~MrcStackWriter() = default;
MrcStackWriter::MrcStackWriter(MrcStackWriter&&) noexcept = default;

void MrcStackWriter::append(View<const float> section) {
  Impl& w = *impl_;
  if (section.nx() != w.nx || section.ny() != w.ny)
    fail("cannot write {}: a section of {} x {} pixels does not fit a stack of {} x {}",
         w.path.string(), section.nx(), section.ny(), w.nx, w.ny);
  if (w.written == w.nz) fail("cannot write {}: it has {} sections already", w.path.string(), w.nz);
  const std::size_t row_bytes = static_cast<std::size_t>(w.nx) * mrc::mode_bytes(w.options.mode);
  const std::size_t plane_bytes = row_bytes * static_cast<std::size_t>(w.ny);
  std::vector<mrc::Statistics> parts(
      static_cast<std::size_t>((w.ny + rows_per_task - 1) / rows_per_task));
  parallel_blocks(w.ny, rows_per_task, [&](int begin, int end) {
    mrc::Statistics& part = parts[static_cast<std::size_t>(begin / rows_per_task)];
    std::vector<float> row;
    Bytes bytes(row_bytes * static_cast<std::size_t>(end - begin));
    for (int y = begin; y < end; ++y) {
      row.assign(section.row(y), section.row(y) + w.nx);
      if (!mrc::is_finite(row))
        fail("cannot write {}: row {} of section {} has a value that is not a finite number",
             w.path.string(), y, w.written + 1);
      mrc::convert_row(
          w.options.mode, row,
          std::span(bytes).subspan(static_cast<std::size_t>(y - begin) * row_bytes, row_bytes));
      part.add_row(row);
    }
    w.file.write_at(mrc_header_bytes + plane_bytes * static_cast<std::uint64_t>(w.written) +
                        row_bytes * static_cast<std::uint64_t>(begin),
                    bytes);
  });
  for (const mrc::Statistics& part : parts) w.statistics.add(part);
  ++w.written;
}

void MrcStackWriter::finish() {
  Impl& w = *impl_;
  if (w.written != w.nz)
    fail("cannot finish {}: {} of {} sections were written", w.path.string(), w.written, w.nz);
  w.file.write_at(0, mrc::header_bytes(w.nx, w.ny, w.nz, w.options, w.statistics));
  w.file.commit(w.options.survive);
}

void write_mrc(const std::filesystem::path& path, View<const float> image,
               const MrcWriteOptions& options) {
  MrcStackWriter writer(path, image.nx(), image.ny(), 1, options);
  writer.append(image);
  writer.finish();
}

}  // namespace gimbal
