// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/data/alignment_import.h"

#include <algorithm>
#include <vector>

namespace gimbal {
namespace {

namespace fs = std::filesystem;
using Format = AlignmentSource::Format;

AlignmentSource file_source(const fs::path& path) {
  const std::string extension = to_lower(path.extension().string());
  if (extension == ".xf") return {Format::imod, path};
  if (extension == ".aln") return {Format::aretomo, path};
  if (extension == ".star") return {Format::star, path};
  fail("{} is no alignment: its name must end with .xf (IMOD), .aln (AreTomo) or .star (RELION)",
       path.string());
}

// The files of a folder that end with .xf or .aln, in the order of their names.
std::vector<fs::path> alignments_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".xf" || extension == ".aln"))
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

AlignmentSource find_alignment(const fs::path& from, const std::string& name, bool only) {
  if (fs::is_regular_file(from)) return file_source(from);
  if (!fs::is_directory(from)) fail("{} is neither a file nor a folder", from.string());
  const fs::path star = from / "aligned_tilt_series.star";
  if (fs::exists(star)) return {Format::star, star};
  const std::vector<fs::path> folders{from, from / name, from / "external" / name,
                                      from / (name + "_Imod")};
  for (const auto& folder : folders)
    for (const char* ending : {".xf", ".aln", ".mrc.aln", "_st.xf"})
      if (const fs::path path = folder / (name + ending); fs::is_regular_file(path))
        return file_source(path);
  const auto others = alignments_in(from);
  if (only && others.size() == 1) return file_source(others.front());
  fail(
      "there is no alignment of {0} in {1}: neither aligned_tilt_series.star, nor {0}.xf or "
      "{0}.aln in it or in its folders {0}, external/{0} or {0}_Imod",
      name, from.string());
}

}  // namespace gimbal
