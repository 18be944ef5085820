// SPDX-License-Identifier: GPL-3.0-or-later
// Alignments made elsewhere: by IMOD (.xf with .tlt, perhaps .xtilt, .rawtlt, .fid and .prexg), by
// AreTomo of any version (.aln), or in a tilt series of RELION 5 or gimbal (STAR).
#pragma once

#include "gimbal/data/alignment.h"

#include <filesystem>
#include <string>

namespace gimbal {

struct AlignmentSource {
  enum class Format { imod, aretomo, star } format = Format::imod;
  std::filesystem::path path;  // the .xf, .aln or .star
};

// What `from` has for the series `name`: `from` itself when it is a file, else, in this order,
// aligned_tilt_series.star in the folder; <name>.xf or <name>.aln (then <name>_st.xf) in it, in its
// subfolders <name>, external/<name> or <name>_Imod. When the series is the `only` one, also a
// single .xf or .aln of any name. An Error lists where it was looked for.
AlignmentSource find_alignment(const std::filesystem::path& from, const std::string& name,
                               bool only);

// Fills in the projections of a series whose tilts have their keys and nominal angles, size and
// pixel. STAR rows are matched by name, others by angle; tilts the source leaves out are excluded.
// `source_pixel_A`: pixel of the images it was made on; 0: the same, or as the file says.
// Everything doubtful becomes a note.
void import_alignment(Alignment& alignment, const std::string& name, const AlignmentSource& source,
                      double source_pixel_A);

}  // namespace gimbal
