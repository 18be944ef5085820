// SPDX-License-Identifier: GPL-3.0-or-later
// Text, independent of the locale: splitting, trimming, and numbers that are either whole or an
// error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

std::string_view trim(std::string_view text);
std::vector<std::string_view> split_words(std::string_view text);            // at white space
std::vector<std::string_view> split(std::string_view text, char separator);  // keeps empty parts
std::string to_lower(std::string_view text);
bool iequals(std::string_view a, std::string_view b);  // ASCII, any case
std::string replace_all(std::string text, std::string_view from, std::string_view to);

// The whole text (trimmed) as a number; nothing when it is not one. "nan" and "inf" are numbers
// here.
std::optional<double> parse_double(std::string_view text);
std::optional<long> parse_int(std::string_view text);

// Which of the candidates a mistyped text may have meant, most similar first; empty when none is
// near.
std::vector<std::string> similar_texts(std::string_view text,
                                       const std::vector<std::string>& candidates,
                                       std::size_t at_most = 3);

// Whether the text is that of the pattern, in which '*' stands for any characters and '?' for one.
bool matches_wildcards(std::string_view text, std::string_view pattern);

}  // namespace gimbal
