// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/mdoc.h"

#include "gimbal/core/text.h"
#include "gimbal/io/file.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace gimbal {
namespace {

// The number after "tilt axis angle =" in a title, in any case; also written as one word.
std::optional<double> axis_in_title(const std::string& title) {
  const auto lower = to_lower(title);
  for (const std::string_view words : {"tilt axis angle", "tiltaxisangle"}) {
    const auto at = lower.find(words);
    if (at == std::string::npos) continue;
    const auto equals = lower.find('=', at);
    if (equals == std::string::npos) continue;
    const auto rest = trim(std::string_view(lower).substr(equals + 1));
    return parse_double(rest.substr(0, rest.find_first_of(", \t]")));
  }
  return std::nullopt;
}

class MdocParser {
 public:
  MdocParser(const std::string& text, const std::string& source) {
    mdoc_.source = source;
    std::string_view rest(text);
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);  // byte order mark
    for (const auto line : split(rest, '\n')) {
      ++number_;
      add(trim(line));
    }
  }
  Mdoc result() { return std::move(mdoc_); }

 private:
  void add(std::string_view line) {
    if (line.empty() || line.front() == '#') return;
    const bool bracketed = line.front() == '[';
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || (bracketed && line.back() != ']'))
      return not_understood(line);
    const auto inner = bracketed ? line.substr(1, line.size() - 2) : line;
    const auto split_at = inner.find('=');
    MdocEntry entry{std::string(trim(inner.substr(0, split_at))),
                    std::string(trim(inner.substr(split_at + 1))), number_};
    if (entry.key.empty()) return not_understood(line);
    if (entry.key == "T")
      add_title(entry.value);
    else if (bracketed)
      add_section(std::move(entry));
    else
      current().entries.push_back(std::move(entry));
  }

  void not_understood(std::string_view line) {
    constexpr std::size_t shown = 60;
    if (++n_bad_ > 5) return;
    mdoc_.findings.push_back({Severity::warning, Defect::bad_header,
                              fmt::format("{}: line {} is not 'Key = Value': {}", mdoc_.source,
                                          number_, line.substr(0, shown))});
  }

  void add_title(const std::string& title) {
    mdoc_.titles.push_back(title);
    if (const auto axis = axis_in_title(title)) mdoc_.title_axis_deg = axis;
    if (title.starts_with("Tomography:")) mdoc_.tomography5 = true;
  }

  void add_section(MdocEntry header) {
    const bool image = iequals(header.key, "ZValue") || iequals(header.key, "FrameSet") ||
                       iequals(header.key, "Image");
    list_ = image ? &mdoc_.images : &mdoc_.others;
    list_->push_back({std::move(header.key), std::move(header.value), number_, {}});
  }

  MdocSection& current() { return list_ == nullptr ? mdoc_.global : list_->back(); }

  Mdoc mdoc_;
  std::vector<MdocSection>* list_ = nullptr;
  int number_ = 0;
  int n_bad_ = 0;
};

// SerialEM sets "Montage = 1" for some tilt series, too: pieces side by side decide.
bool is_montage(const Mdoc& mdoc) {
  std::set<std::string> piece_planes;
  for (const auto& image : mdoc.images) {
    const std::string piece = image.text("PieceCoordinates");
    const auto words = split_words(piece);
    if (words.size() == 3 && !piece_planes.insert(std::string(words[2])).second) return true;
  }
  return std::any_of(mdoc.others.begin(), mdoc.others.end(),
                     [](const auto& section) { return iequals(section.type, "MontSection"); });
}

MdocKind kind_of(const Mdoc& mdoc) {
  if (is_montage(mdoc)) return MdocKind::montage;
  const bool frames = std::all_of(mdoc.images.begin(), mdoc.images.end(), [](const auto& image) {
    return iequals(image.type, "FrameSet");
  });
  return frames ? MdocKind::frame_set : MdocKind::tilt_series;
}

}  // namespace

const MdocEntry* MdocSection::find(std::string_view key) const {
  const auto found = std::find_if(entries.rbegin(), entries.rend(),
                                  [&](const MdocEntry& entry) { return iequals(entry.key, key); });
  return found == entries.rend() ? nullptr : &*found;
}

std::string MdocSection::text(std::string_view key) const {
  const auto* entry = find(key);
  return entry == nullptr ? std::string() : entry->value;
}

std::optional<double> MdocSection::number(std::string_view key) const {
  const auto* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  const auto value = parse_double(entry->value);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

Mdoc parse_mdoc(const std::string& text, const std::string& source) {
  if (text.find('\0') != std::string::npos)
    fail("{} holds a zero byte at {}: it is not an mdoc file, which is text", source,
         text.find('\0'));
  Mdoc mdoc = MdocParser(text, source).result();
  if (mdoc.images.empty())
    fail(
        "{} has no section [ZValue = ...] or [FrameSet = ...]: it is not an mdoc file, or it was "
        "cut before the first image",
        source);
  mdoc.kind = kind_of(mdoc);
  return mdoc;
}

Mdoc read_mdoc(const std::filesystem::path& path) {
  return parse_mdoc(read_text(path), path.string());
}

bool is_mdoc_name(const std::filesystem::path& path) {
  const auto extension = to_lower(path.extension().string());
  return extension == ".mdoc" || extension == ".idoc";
}

std::string file_name_of(std::string_view path) {
  const auto at = path.find_last_of("/\\");
  return std::string(at == std::string_view::npos ? path : path.substr(at + 1));
}

}  // namespace gimbal
