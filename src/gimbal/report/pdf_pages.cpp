// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/pdf_pages.h"

#include "gimbal/report/text.h"

namespace gimbal {
namespace {

constexpr double margin = PdfLayout::margin;
constexpr PageSize a4 = PdfLayout::page;

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words{""};
  for (const char c : text) {
    if (c != ' ')
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  return words;
}

// Puts what fits of the line; what is left becomes the line.
template <typename Fits, typename Put>
std::string cut(std::string& line, const Fits& fits, const Put& put) {
  std::size_t end = 0, next = 0;
  do {
    end = next;
    do ++next;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0U) == 0x80U);
  } while (next < line.size() && fits(line.substr(0, next)));
  auto rest = line.substr(std::max(end, std::size_t{1}));
  line.resize(std::max(end, std::size_t{1}));
  put();
  line = rest;
  return rest;
}

}  // namespace

double PdfPages::place(double height) {
  if (y_ + height > PdfLayout::lowest && y_ > margin) finish();
  const double y = y_;
  y_ += height;
  return y;
}

void PdfPages::finish() {
  ++n_;
  const TextStyle style{7.5, Anchor::start, role(Ink::muted)};
  TextStyle right = style;
  right.anchor = Anchor::end;
  canvas_.text({margin, a4.height - margin + 6.0}, footer_, style);
  canvas_.text({a4.width - margin, a4.height - margin + 6.0}, std::to_string(n_), right);
  canvas_.finish_page();
  y_ = margin;
}

void PdfPages::heading(const std::string& text, double size) {
  paragraph(text, {size, Anchor::start, role(Ink::text), true});
  skip(0.4 * size);
}

void PdfPages::paragraph(const std::string& text, const TextStyle& style, double indent) {
  std::string line;
  const auto put = [&] {
    const double y = place(1.35 * style.size);
    canvas_.text({margin + indent, y + style.size}, line, style);
    line.clear();
  };
  const auto fits = [&](const std::string& candidate) {
    return canvas_.text_width(candidate, style) <= PdfLayout::width - indent;
  };
  for (auto word : words_of(printable(text))) {
    const auto longer = line.empty() ? word : line + ' ' + word;
    if (!fits(longer) && !line.empty()) put();
    line += line.empty() ? word : ' ' + word;
    while (!fits(line)) word = cut(line, fits, put);
  }
  if (!line.empty()) put();
}

void PdfPages::remark(const char* kind, const Colour& colour, const std::string& text,
                      const std::string& where) {
  const TextStyle body = PdfLayout::body();
  if (place(0.0) + 30.0 > PdfLayout::lowest) finish();
  canvas_.text({margin, y_ + body.size}, kind, {9.0, Anchor::start, colour, true});
  paragraph(text, body, 56.0);
  if (!where.empty()) paragraph(where, PdfLayout::small(), 56.0);
  skip(4.0);
}

std::string PdfPages::fitted(const std::string& text, const TextStyle& style, double room) {
  auto shown = printable(text);
  for (int n = static_cast<int>(shown.size()); canvas_.text_width(shown, style) > room && n > 1;)
    shown = shortened(shown, --n);
  return shown;
}

}  // namespace gimbal
