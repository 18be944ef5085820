// SPDX-License-Identifier: GPL-3.0-or-later
// Words and numbers as reports print them: any bytes become text that is safe to show.
#pragma once

#include <string>
#include <string_view>

namespace gimbal {

bool is_utf8(std::string_view bytes);

// Text to show: what is not UTF-8, controls and marks that turn the writing direction become
// U+FFFD; line breaks and tabs become spaces.
std::string printable(std::string_view bytes);

// printable(), and safe between tags and inside quoted attributes.
std::string escape_html(std::string_view bytes);

std::string to_base64(std::string_view bytes);
std::string from_base64(std::string_view text);  // Error when it is not base64

// "12.30"; an en dash for what is not a number.
std::string fixed(double value, int digits);

// The same with a true minus sign, for prose.
std::string fixed_text(double value, int digits);

// Plain text of notes with the signs of print: "5.98 ± 0.05".
std::string typeset(std::string text);

// "1 movie", "0 movies", "1,234 movies".
std::string counted(int n, std::string_view noun);
std::string grouped(int n);  // "1,234"

// The end of a path, which is what tells movies apart; an ellipsis in front where it was cut.
// Counts characters, not bytes. The text must be UTF-8.
std::string shortened(const std::string& text, int max_characters);

}  // namespace gimbal
