// SPDX-License-Identifier: GPL-3.0-or-later
// Detector files: which reader, which row order; the work itself is done in memory elsewhere.
#include "gimbal/data/defects.h"
#include "gimbal/data/gain.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"

#include <algorithm>
#include <array>
#include <span>

namespace gimbal {
namespace {

// Images, compressed or not, hold control characters early; texts never do.
bool looks_like_text(const std::filesystem::path& path) {
  const InputFile file(path);
  std::array<std::byte, 512> bytes{};
  const auto begin = std::span(bytes).first(
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file.size())));
  file.read_at(0, begin);
  return std::none_of(begin.begin(), begin.end(), [](std::byte b) {
    const int c = std::to_integer<int>(b);
    return c < 32 && (c < 9 || c > 13);
  });
}

void name_file(Findings& findings, const std::filesystem::path& path) {
  for (Finding& finding : findings)
    finding.text = fmt::format("{}: {}", path.string(), finding.text);
}

}  // namespace

StoredGain read_stored_gain(const std::filesystem::path& path, bool eer) {
  StoredGain gain{read_image(path), gain_kind(path, eer)};
  // read_image turns TIFF rows over into MRC order; EER rows are in the detector's own order.
  if (eer && gain.kind == GainKind::factors) gain.values = oriented(gain.values, {0, 1});
  return gain;
}

GainReference read_gain(const GainRequest& request) {
  return in_context(fmt::format("preparing the gain {}", request.path.string()), [&] {
    GainReference gain = fit_gain(read_stored_gain(request.path, request.eer), request.orientation,
                                  request.movie_size);
    name_file(gain.findings, request.path);
    return gain;
  });
}

Defects read_defects(const DefectRequest& request) {
  return in_context(fmt::format("reading the defects {}", request.path.string()), [&] {
    Defects defects =
        looks_like_text(request.path)
            ? defects_from_text(read_text(request.path), request.movie_size, request.eer)
            : defects_from_map(read_image(request.path), request.movie_size);
    name_file(defects.findings, request.path);
    return defects;
  });
}

}  // namespace gimbal
