// SPDX-License-Identifier: GPL-3.0-or-later
// Which file is the movie that a record speaks of: by the whole name first, then by the name
// without extensions, then with underscores for its dots, as sums of movies are named. Never a
// guess: a name that fits two files is an Error.
#pragma once

#include "gimbal/core/error.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gimbal {

class MovieIndex {
 public:
  explicit MovieIndex(const std::vector<std::filesystem::path>& movies);

  // The movie's path; empty when there is none. Errors name both candidates.
  std::filesystem::path find(const std::string& recorded) const;
  const std::vector<std::filesystem::path>& movies() const { return movies_; }

 private:
  using Names = std::map<std::string, std::vector<std::size_t>>;
  std::filesystem::path only_one(const std::vector<std::size_t>& candidates,
                                 const std::string& recorded) const;

  std::vector<std::filesystem::path> movies_;
  Names by_name_;
  Names by_stem_, by_sum_;  // lower case
};

}  // namespace gimbal
