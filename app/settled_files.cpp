// SPDX-License-Identifier: GPL-3.0-or-later
#include "settled_files.h"

#include <algorithm>
#include <chrono>

namespace gimbal::app {

namespace fs = std::filesystem;

double SettledFiles::rests_s(const fs::path& file, double now_s) {
  std::error_code no_size, no_time;
  const auto bytes = fs::file_size(file, no_size);
  const auto changed = fs::last_write_time(file, no_time);
  if (no_size || no_time) {
    seen_.erase(file);
    return 0.0;
  }
  const auto known = seen_.find(file);
  if (known != seen_.end() && known->second.bytes == bytes && known->second.changed == changed)
    return now_s - known->second.since_s;
  // A file server's clock may be ahead: then it counts from now.
  const std::chrono::duration<double> age = fs::file_time_type::clock::now() - changed;
  const bool first = known == seen_.end();
  seen_[file] = {bytes, changed, first ? now_s - std::max(0.0, age.count()) : now_s};
  return now_s - seen_[file].since_s;
}

std::vector<fs::path> SettledFiles::settled(const std::vector<fs::path>& files, double settle_s,
                                            double now_s) {
  std::vector<fs::path> result;
  for (const auto& file : files) {
    const bool rests = rests_s(file, now_s) >= settle_s;
    if (rests && seen_.at(file).bytes > 0) result.push_back(file);
  }
  return result;
}

}  // namespace gimbal::app
