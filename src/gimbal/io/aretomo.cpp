// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/aretomo.h"

#include "gimbal/core/text.h"
#include "gimbal/io/file.h"
#include "gimbal/io/file_error.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t table_columns = 10, local_columns = 6;

class Line {
 public:
  Line(std::string_view text, std::size_t number, const std::string& source)
      : words_(split_words(text)), number_(number), source_(source) {}

  bool empty() const { return words_.empty(); }
  std::size_t size() const { return words_.size(); }
  bool is_comment() const { return words_.front().front() == '#'; }
  std::string_view word(std::size_t i) const { return words_[i]; }
  void need(std::size_t columns) const {
    if (words_.size() < columns)
      fail_file(Defect::truncated, "line {} of {} has {} columns, but {} were expected", number_,
                source_, words_.size(), columns);
  }
  double number(std::size_t i) const {
    const auto value = parse_double(words_[i]);
    if (!value || !std::isfinite(*value) || std::abs(*value) > 1e9)
      fail_file(Defect::inconsistent, "line {} of {} holds '{}' where a number was expected",
                number_, source_, words_[i]);
    return *value;
  }
  int integer(std::size_t i) const {
    const auto value = parse_int(words_[i]);
    if (!value || std::abs(*value) > 100000)
      fail_file(Defect::inconsistent, "line {} of {} holds '{}' where a count was expected",
                number_, source_, words_[i]);
    return static_cast<int>(*value);
  }

 private:
  std::vector<std::string_view> words_;
  std::size_t number_;
  const std::string& source_;
};

// "# key = values": the words after the '='; nothing for other lines. The '#' may stick to the key.
struct HeaderEntry {
  std::string key;
  std::size_t first = 0;  // of the values
};

std::optional<HeaderEntry> header_entry(const Line& line) {
  for (std::size_t i = 1; i < line.size(); ++i)
    if (line.word(i) == "=") {
      std::string key(line.word(i - 1));
      if (key.starts_with('#')) key.erase(0, 1);
      return HeaderEntry{to_lower(key), i + 1};
    }
  return std::nullopt;
}

void read_entry(const Line& line, const HeaderEntry& entry, AretomoAlignment& alignment) {
  const std::size_t at = entry.first;
  if (entry.key == "rawsize") {
    line.need(at + 3);
    alignment.nx = line.integer(at);
    alignment.ny = line.integer(at + 1);
    alignment.n_sections = line.integer(at + 2);
  } else if (entry.key == "darkframe") {
    line.need(at + 3);
    alignment.dark.push_back({line.integer(at + 1), line.number(at + 2)});
  } else if (entry.key == "alphaoffset") {
    line.need(at + 1);
    alignment.alpha_offset_deg = line.number(at);
  } else if (entry.key == "betaoffset") {
    line.need(at + 1);
    alignment.beta_offset_deg = line.number(at);
  } else if (entry.key == "thickness") {
    line.need(at + 1);
    alignment.thickness_px = line.number(at);
  }
}

// Header lines that are no entries: what follows is the local table; or, in AreTomo 1.2, the number
// of images and of patches.
void read_comment(const Line& line, AretomoAlignment& alignment, bool& in_local) {
  if (const auto entry = header_entry(line)) {
    read_entry(line, *entry, alignment);
    return;
  }
  if (line.size() > 1 && iequals(line.word(1), "Local")) in_local = true;
  if (line.size() == 3 && line.word(0) == "#" && alignment.rows.empty())
    if (const auto count = parse_int(line.word(1)); count && *count > 0 && *count < 100000)
      alignment.n_sections = static_cast<int>(*count);
}

void read_row(const Line& line, AretomoAlignment& alignment, bool in_local) {
  if (in_local) {
    line.need(local_columns);
    const bool good = line.size() <= local_columns || line.number(local_columns) != 0.0;
    alignment.local.push_back({line.integer(0), line.integer(1), line.number(2), line.number(3),
                               line.number(4), line.number(5), good});
    return;
  }
  line.need(table_columns);
  alignment.rows.push_back({line.integer(0), line.number(1), line.number(2), line.number(3),
                            line.number(4), line.number(9)});
}

}  // namespace

std::optional<int> AretomoAlignment::first_section() const {
  if (rows.empty()) return std::nullopt;
  // Dark frames are not asked: versions differ in how they count them.
  const auto by_section = [](const AretomoRow& a, const AretomoRow& b) {
    return a.section < b.section;
  };
  const auto [low, high] = std::minmax_element(rows.begin(), rows.end(), by_section);
  if (low->section == 0) return 0;
  if (n_sections > 0 && high->section == n_sections) return 1;
  return std::nullopt;
}

AretomoAlignment parse_aln(const std::string& text, const std::string& source) {
  AretomoAlignment alignment;
  bool in_local = false;
  std::size_t number = 0;
  for (const auto content : split(text, '\n')) {
    const Line line(content, ++number, source);
    if (line.empty()) continue;
    if (line.is_comment())
      read_comment(line, alignment, in_local);
    else
      read_row(line, alignment, in_local);
  }
  if (alignment.rows.empty())
    fail_file(Defect::truncated, "{} is no alignment of AreTomo: it has no table of images",
              source);
  return alignment;
}

AretomoAlignment read_aln(const std::filesystem::path& path) {
  return parse_aln(read_text(path), path.string());
}

std::string aln_text(const AretomoAlignment& a) {
  std::string text = "# AreTomo Alignment / Priims bprmMn\n";
  text += fmt::format("# RawSize = {} {} {}\n# NumPatches = 0\n", a.nx, a.ny, a.n_sections);
  for (std::size_t i = 0; i < a.dark.size(); ++i)
    text +=
        fmt::format("# DarkFrame = {:4} {:4} {:12.6f}\n", i, a.dark[i].section, a.dark[i].tilt_deg);
  if (a.alpha_offset_deg) text += fmt::format("# AlphaOffset = {:.6f}\n", *a.alpha_offset_deg);
  if (a.beta_offset_deg) text += fmt::format("# BetaOffset = {:.6f}\n", *a.beta_offset_deg);
  if (a.thickness_px) text += fmt::format("# Thickness = {:.0f}\n", *a.thickness_px);
  text +=
      "# SEC     ROT         GMAG       TX          TY      SMEAN     SFIT    SCALE     BASE     "
      "TILT\n";
  for (const auto& row : a.rows)
    text += fmt::format(
        "{:5} {:16.10f} {:14.11f} {:17.10f} {:17.10f} {:8.2f} {:8.2f} {:8.2f} {:8.2f} {:16.10f}\n",
        row.section, row.rot_deg, row.magnification, row.tx_px, row.ty_px, 1.0, 1.0, 1.0, 0.0,
        row.tilt_deg);
  return text;
}

}  // namespace gimbal
