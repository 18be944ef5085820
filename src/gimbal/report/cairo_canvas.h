// SPDX-License-Identifier: GPL-3.0-or-later
// Draws on cairo: pages of a PDF file and PNG pictures (cairo is behind this file). Pages are
// white.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/report/canvas.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

struct _cairo;
struct _cairo_surface;

namespace gimbal {

class CairoCanvas : public Canvas {
 public:
  explicit CairoCanvas(_cairo_surface* surface);
  ~CairoCanvas() override;
  CairoCanvas(const CairoCanvas&) = delete;
  CairoCanvas& operator=(const CairoCanvas&) = delete;

  void line(const std::vector<Point>& points, const Pen& pen) override;
  void disc(Point centre, double radius, const Colour& colour) override;
  void ring(Point centre, double radius, const Pen& pen) override;
  void box(const Rect& rect, const Colour& colour) override;
  void picture(const Rect& rect, const std::string& jpeg) override;
  void text(Point baseline, const std::string& text, const TextStyle& style) override;
  void clip_begin(const Rect& rect) override;
  void clip_end() override;
  void group_begin(const std::string& name) override;
  void group_end() override;

  double text_width(const std::string& text, const TextStyle& style);
  void finish_page();

 private:
  void set(const Colour& colour);
  void stroke(const Pen& pen);
  void set_font(const TextStyle& style);
  _cairo* cairo_;
};

struct PageSize {
  double width = 595.0;  // A4
  double height = 842.0;
};

// Calls draw for a canvas whose finish_page() ends each page; the file holds no date.
void write_pdf(const std::filesystem::path& path, const PageSize& size, const std::string& title,
               const std::function<void(CairoCanvas&)>& draw);

// A grey picture as it is; its first row is the top line.
void write_png(const std::filesystem::path& path, View<const std::uint8_t> grey);

// `scale` pixels for each point.
void write_png(const std::filesystem::path& path, const PageSize& size, double scale,
               const std::function<void(CairoCanvas&)>& draw);

}  // namespace gimbal
