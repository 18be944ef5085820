// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/output_names.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"

namespace gimbal {

std::filesystem::path output_root(const std::filesystem::path& folder,
                                  const std::filesystem::path& movie) {
  const auto path = movie.lexically_normal().relative_path();
  if (path.stem().empty() || path.stem() == "." || path.stem() == "..")
    fail("'{}' cannot be the name of a movie: outputs could not be named after it", movie.string());
  return folder / replace_all((path.parent_path() / path.stem()).string(), ".", "_");
}

}  // namespace gimbal
