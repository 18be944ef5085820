// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/failed_movies.h"

#include "gimbal/data/labels.h"
#include "gimbal/io/star.h"

namespace gimbal {

namespace fs = std::filesystem;

namespace {

constexpr const char* block = "failed_movies";
constexpr const char* reason_label = "gimbalFailureReason";

}  // namespace

void write_failed_movies(const fs::path& path, const std::vector<FailedMovie>& failed) {
  StarTable table(
      StarTable::Shape::loop, block,
      {std::string(label::tomo_name), std::string(label::movie_name), std::string(reason_label)});
  for (const auto& [series, movie, reason] : failed) table.add_row({series, movie, reason});
  if (failed.empty())
    fs::remove(path);
  else
    write_star(path, {path.string(), {table}});
}

std::vector<FailedMovie> read_failed_movies(const fs::path& path) {
  std::vector<FailedMovie> failed;
  if (!fs::exists(path)) return failed;
  const auto document = read_star(path);
  const auto* table = document.find(block);
  if (table == nullptr) fail("there is no block data_{} in {}", block, path.string());
  for (std::size_t row = 0; row < table->n_rows(); ++row)
    failed.push_back({table->at(row, label::tomo_name), table->at(row, label::movie_name),
                      table->at(row, reason_label)});
  return failed;
}

fs::path find_failed_movies(const fs::path& input, const TiltSeries& series) {
  if (const auto beside = input.parent_path() / failed_movies_file; fs::exists(beside))
    return beside;
  if (series.tilts.empty()) return {};
  const auto* image = series.tilts.front().find(label::micrograph_name);
  if (image == nullptr) return {};
  for (fs::path folder = fs::path(*image).parent_path();
       !folder.empty() && folder != folder.root_path(); folder = folder.parent_path())
    if (const auto list = folder / failed_movies_file; fs::exists(list)) return list;
  return {};
}

}  // namespace gimbal
