// SPDX-License-Identifier: GPL-3.0-or-later
// Text and figures from top to bottom of A4 pages, for logfile.pdf.
#pragma once

#include "gimbal/report/cairo_canvas.h"

#include <string>
#include <vector>

namespace gimbal {

struct PdfLayout {
  static constexpr PageSize page{};
  static constexpr double margin = 42.0;
  static constexpr double width = page.width - 2.0 * margin;
  static constexpr double lowest = page.height - margin - 14.0;  // the footer is below
  static constexpr TextStyle body() { return {9.0}; }
  static constexpr TextStyle small() { return {8.0, Anchor::start, role(Ink::muted)}; }
};

class PdfPages {
 public:
  PdfPages(CairoCanvas& canvas, std::string footer) : canvas_(canvas), footer_(std::move(footer)) {}

  CairoCanvas& canvas() { return canvas_; }
  int count() const { return n_; }
  double y() const { return y_; }
  bool at_top() const { return y_ <= PdfLayout::margin; }
  void skip(double height) { y_ += height; }

  // A place of this height, on a new page when it does not fit.
  double place(double height);
  void finish();
  void heading(const std::string& text, double size);
  // Broken into lines at spaces; words too long for a line are cut anywhere.
  void paragraph(const std::string& text, const TextStyle& style, double indent = 0.0);
  // A kind in colour, what it says, and in small letters where.
  void remark(const char* kind, const Colour& colour, const std::string& text,
              const std::string& where);
  // The text, shortened in front until it fits.
  std::string fitted(const std::string& text, const TextStyle& style, double room);

 private:
  CairoCanvas& canvas_;
  std::string footer_;
  double y_ = PdfLayout::margin;
  int n_ = 0;
};

}  // namespace gimbal
