// SPDX-License-Identifier: GPL-3.0-or-later
// mdoc: the text files of SerialEM and Tomography 5 that say how images were taken. Global
// "Key = Value" lines, titles "[T = ...]", and sections ("[ZValue = 0]", "[FrameSet = 0]"), one for
// each image. All lines are kept with their numbers; meaning is given to a few keys only.
#pragma once

#include "gimbal/core/error.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

struct MdocEntry {
  std::string key;
  std::string value;
  int line = 0;  // from 1
};

struct MdocSection {
  std::string type;  // "ZValue", "FrameSet", "Image", "MontSection"; empty for the global values
  std::string name;  // "0"
  int line = 0;
  std::vector<MdocEntry> entries;

  // Keys in any case; the last one counts when a key is repeated. Nothing: no such key.
  const MdocEntry* find(std::string_view key) const;
  std::string text(std::string_view key) const;  // empty when missing
  // Nothing when missing or not a number ("NaN" is not one).
  std::optional<double> number(std::string_view key) const;
};

enum class MdocKind {
  tilt_series,  // one section for each tilt
  frame_set,    // one movie or several, independent of a stack
  montage,      // a map in pieces
};

struct Mdoc {
  std::string source;
  MdocKind kind = MdocKind::tilt_series;
  bool tomography5 = false;  // written by Thermo Fisher's Tomography 5
  MdocSection global;
  std::vector<std::string> titles;  // of the [T = ...] lines
  std::vector<MdocSection> images;  // ZValue, FrameSet and Image sections, in the order of the file
  std::vector<MdocSection> others;
  std::optional<double> title_axis_deg;  // "Tilt axis angle = 85.3" or "TiltAxisAngle = -171.35"
  Findings findings;                     // lines that could not be understood
};

Mdoc parse_mdoc(const std::string& text, const std::string& source);
Mdoc read_mdoc(const std::filesystem::path& path);
bool is_mdoc_name(const std::filesystem::path& path);  // .mdoc or .idoc

// Seconds since 1970 of a date and time without zone: "30-Nov-15  15:21:38", "24-Mar-2023
// 12:13:13", "2023-Mar-24 12:13:13", "2023-03-24T12:13:13.5", with or without AM or PM. Years of
// two digits are 1970 to 2069.
std::optional<double> parse_mdoc_time(std::string_view text);

// The last part of a path with slashes of either kind ("X:\frames\a.mrc" -> "a.mrc").
std::string file_name_of(std::string_view path);

// What is doubtful in a tilt series' mdoc by itself: angles, dates, doses, movies.
Findings check_mdoc(const Mdoc& mdoc);

}  // namespace gimbal
