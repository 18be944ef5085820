// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/mrc_volume.h"

#include "gimbal/core/error.h"
#include "gimbal/io/mrc_header.h"
#include "gimbal/io/mrc_pixels.h"

#include <map>
#include <mutex>

namespace gimbal {

struct MrcVolumeWriter::Impl {
  std::filesystem::path path;
  int nx, ny, nz;
  MrcWriteOptions options;
  OutputFile file;
  std::mutex mutex = {};
  std::map<std::pair<int, int>, mrc::Statistics> pieces = {};  // by plane and first row
  std::uint64_t rows_written = 0;

  void check(int z, int first_y, View<const float> rows) const {
    if (rows.nx() != nx || rows.ny() < 1 || z < 0 || z >= nz || first_y < 0 ||
        first_y + rows.ny() > ny)
      fail(
          "cannot write {}: {} rows of {} pixels from row {} of plane {} on do not fit a volume of "
          "{} x {} x {}",
          path.string(), rows.ny(), rows.nx(), first_y, z, nx, ny, nz);
  }
};

MrcVolumeWriter::MrcVolumeWriter(const std::filesystem::path& path, int nx, int ny, int nz,
                                 const MrcWriteOptions& options) {
  if (nx < 1 || ny < 1 || nz < 1)
    fail("cannot write {}: a volume of {} x {} x {} voxels is empty", path.string(), nx, ny, nz);
  MrcWriteOptions of_volume = options;
  of_volume.volume = true;
  impl_.reset(new Impl{path, nx, ny, nz, of_volume, OutputFile(path)});
}

MrcVolumeWriter::~MrcVolumeWriter() = default;
MrcVolumeWriter::MrcVolumeWriter(MrcVolumeWriter&&) noexcept = default;

void MrcVolumeWriter::write_rows(int z, int first_y, View<const float> rows) {
  Impl& w = *impl_;
  w.check(z, first_y, rows);
  const std::size_t row_bytes = static_cast<std::size_t>(w.nx) * mrc::mode_bytes(w.options.mode);
  Bytes bytes(row_bytes * static_cast<std::size_t>(rows.ny()));
  mrc::Statistics statistics;
  std::vector<float> row;
  for (int y = 0; y < rows.ny(); ++y) {
    row.assign(rows.row(y), rows.row(y) + w.nx);
    if (!mrc::is_finite(row))
      fail("cannot write {}: row {} of plane {} has a value that is not a finite number",
           w.path.string(), first_y + y, z);
    mrc::convert_row(w.options.mode, row,
                     std::span(bytes).subspan(static_cast<std::size_t>(y) * row_bytes, row_bytes));
    statistics.add_row(row);
  }
  const auto before = static_cast<std::uint64_t>(z) * static_cast<std::uint64_t>(w.ny) +
                      static_cast<std::uint64_t>(first_y);
  w.file.write_at(mrc_header_bytes + row_bytes * before, bytes);
  const std::lock_guard lock(w.mutex);
  w.pieces.insert_or_assign({z, first_y}, statistics);
  w.rows_written += static_cast<std::uint64_t>(rows.ny());
}

void MrcVolumeWriter::finish() {
  Impl& w = *impl_;
  const auto expected = static_cast<std::uint64_t>(w.ny) * static_cast<std::uint64_t>(w.nz);
  if (w.rows_written != expected)
    fail("cannot finish {}: {} of {} rows were written", w.path.string(), w.rows_written, expected);
  mrc::Statistics all;
  for (const auto& [place, statistics] : w.pieces) all.add(statistics);
  w.file.write_at(0, mrc::header_bytes(w.nx, w.ny, w.nz, w.options, all));
  w.file.commit(w.options.survive);
}

}  // namespace gimbal
