// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/text.h"

#include "gimbal/core/error.h"

#include <array>
#include <cmath>
#include <cstdint>

namespace gimbal {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// The character that starts at i: its code point and length; length 0 when it is not UTF-8.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;
};

Character character_at(std::string_view text, std::size_t i) {
  const unsigned first = byte_at(text, i);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || i + length > text.size()) return {};
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    const unsigned next = byte_at(text, i + k);
    if ((next & 0xC0U) != 0x80U) return {};
    code = code << 6U | (next & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[length] || surrogate || code > 0x10FFFF) return {};
  return {code, length};
}

bool can_be_shown(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool direction = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                         (code >= 0x2066 && code <= 0x2069);
  const bool not_a_character = (code & 0xFFFEU) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  return !control && !direction && !not_a_character;
}

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto length = character_at(bytes, i).length;
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const auto character = character_at(bytes, i);
    if (character.length == 1 && (bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\r'))
      text += ' ';
    else if (character.length == 0 || !can_be_shown(character.code))
      text += replacement;
    else
      text += bytes.substr(i, character.length);
    i += character.length == 0 ? 1 : character.length;
  }
  return text;
}

std::string escape_html(std::string_view bytes) {
  std::string text;
  for (const char c : printable(bytes)) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '"':
        text += "&quot;";
        break;
      case '\'':
        text += "&#39;";
        break;
      default:
        text += c;
    }
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8U | (k < n ? byte_at(bytes, i + k) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= n ? base64_letters[(group >> (18U - 6U * static_cast<unsigned>(k))) & 63U] : '=';
  }
  return text;
}

std::string from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    fail("base64 text comes in groups of 4 letters, but here are {}", text.size());
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t padding = !last || text[i + 3] != '=' ? 0 : text[i + 2] == '=' ? 2 : 1;
    std::size_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const auto value = k >= 4 - padding ? 0 : base64_letters.find(text[i + k]);
      if (value == std::string_view::npos)
        fail("letter {} (code {}) is not base64", i + k, byte_at(text, i + k));
      group = group << 6U | value;
    }
    for (std::size_t k = 0; k < 3 - padding; ++k)
      bytes += static_cast<char>(group >> (16U - 8U * k) & 0xFFU);
  }
  return bytes;
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "\xE2\x80\x93";
  if (std::abs(value) >= 1e7) return fmt::format("{:.3g}", value);
  auto text = fmt::format("{:.{}f}", value, digits);
  if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string fixed_text(double value, int digits) {
  auto text = fixed(value, digits);
  return text.starts_with('-') ? "\xE2\x88\x92" + text.substr(1) : text;
}

std::string typeset(std::string text) {
  for (auto at = text.find(" +- "); at != std::string::npos; at = text.find(" +- ", at))
    text.replace(at, 4, " \xC2\xB1 ");
  return text;
}

std::string grouped(int n) {
  auto text = std::to_string(n);
  const std::size_t sign = n < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > sign + 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string counted(int n, std::string_view noun) {
  // "series" is its own plural.
  const bool plural = n != 1 && !noun.ends_with("series");
  return fmt::format("{} {}{}", grouped(n), noun, plural ? "s" : "");
}

std::string shortened(const std::string& text, int max_characters) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  int characters = 0;
  std::size_t cut = text.size();
  for (std::size_t i = text.size(); i-- > 0;) {
    if (continues(text[i])) continue;
    ++characters;
    if (characters < max_characters) cut = i;
  }
  return characters <= max_characters ? text : "\xE2\x80\xA6" + text.substr(cut);
}

}  // namespace gimbal
