// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/cairo_canvas.h"

#include "gimbal/core/error.h"
#include "gimbal/core/image.h"
#include "gimbal/io/file.h"
#include "gimbal/report/jpeg.h"
#include "gimbal/report/text.h"

#include <cairo-pdf.h>
#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace gimbal {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;

void check(cairo_status_t status, const char* what) {
  if (status != CAIRO_STATUS_SUCCESS)
    fail("cairo cannot {}: {}", what, cairo_status_to_string(status));
}

Surface owned(cairo_surface_t* surface) {
  Surface result(surface, &cairo_surface_destroy);
  check(cairo_surface_status(surface), "make a surface");
  return result;
}

Colour on_paper(const Colour& colour) {
  switch (colour.ink) {
    case Ink::text:
      return rgb(0x1a1f26);
    case Ink::muted:
      return rgb(0x5c6673);
    case Ink::axis:
      return rgb(0x8a94a0);
    case Ink::grid:
      return rgb(0xe3e7eb);
    case Ink::alarm:
      return rgb(0xb3261e);
    case Ink::own:
      break;
  }
  return colour;
}

// The grey picture as cairo wants it; a PDF takes the JPEG's bytes as they are.
Surface picture_surface(const std::string& jpeg) {
  const auto grey = decode_jpeg(jpeg);
  auto surface = owned(cairo_image_surface_create(CAIRO_FORMAT_RGB24, grey.nx(), grey.ny()));
  const int stride = cairo_image_surface_get_stride(surface.get());
  unsigned char* rows = cairo_image_surface_get_data(surface.get());
  for (int y = 0; y < grey.ny(); ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(rows + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < grey.nx(); ++x) row[x] = 0x010101U * grey(x, y);
  }
  cairo_surface_mark_dirty(surface.get());
  auto* bytes = new std::string(jpeg);  // lives as long as cairo needs it
  const auto status = cairo_surface_set_mime_data(
      surface.get(), CAIRO_MIME_TYPE_JPEG, reinterpret_cast<const unsigned char*>(bytes->data()),
      bytes->size(), [](void* data) { delete static_cast<std::string*>(data); }, bytes);
  if (status != CAIRO_STATUS_SUCCESS) delete bytes;
  check(status, "attach a picture");
  return surface;
}

}  // namespace

CairoCanvas::CairoCanvas(_cairo_surface* surface) : cairo_(cairo_create(surface)) {
  cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
}

CairoCanvas::~CairoCanvas() {
  cairo_destroy(cairo_);
}

void CairoCanvas::set(const Colour& colour) {
  const Colour c = on_paper(colour);
  cairo_set_source_rgb(cairo_, c.r, c.g, c.b);
}

void CairoCanvas::set_font(const TextStyle& style) {
  cairo_select_font_face(cairo_, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo_, style.size);
}

void CairoCanvas::line(const std::vector<Point>& points, const Pen& pen) {
  if (points.size() < 2) return;
  cairo_move_to(cairo_, points[0].x, points[0].y);
  for (const auto& point : points) cairo_line_to(cairo_, point.x, point.y);
  stroke(pen);
}

void CairoCanvas::ring(Point centre, double radius, const Pen& pen) {
  cairo_new_path(cairo_);
  cairo_arc(cairo_, centre.x, centre.y, radius, 0.0, 2.0 * std::numbers::pi);
  stroke(pen);
}

void CairoCanvas::stroke(const Pen& pen) {
  constexpr double dash = 3.0;
  cairo_set_dash(cairo_, &dash, pen.dashed ? 1 : 0, 0.0);
  cairo_set_line_width(cairo_, pen.width);
  set(pen.colour);
  cairo_stroke(cairo_);
}

void CairoCanvas::disc(Point centre, double radius, const Colour& colour) {
  cairo_new_path(cairo_);
  cairo_arc(cairo_, centre.x, centre.y, radius, 0.0, 2.0 * std::numbers::pi);
  set(colour);
  cairo_fill(cairo_);
}

void CairoCanvas::box(const Rect& rect, const Colour& colour) {
  cairo_rectangle(cairo_, rect.x, rect.y, rect.width, rect.height);
  set(colour);
  cairo_fill(cairo_);
}

double CairoCanvas::text_width(const std::string& text, const TextStyle& style) {
  set_font(style);
  cairo_text_extents_t extents;
  cairo_text_extents(cairo_, printable(text).c_str(), &extents);
  return extents.x_advance;
}

void CairoCanvas::text(Point baseline, const std::string& text, const TextStyle& style) {
  const double width = style.anchor == Anchor::start ? 0.0 : text_width(text, style);
  set_font(style);
  set(style.colour);
  cairo_save(cairo_);
  cairo_translate(cairo_, baseline.x, baseline.y);
  if (style.upwards) cairo_rotate(cairo_, -std::numbers::pi / 2.0);
  cairo_move_to(cairo_, style.anchor == Anchor::middle ? -width / 2.0 : -width, 0.0);
  cairo_show_text(cairo_, printable(text).c_str());
  cairo_restore(cairo_);
  cairo_new_path(cairo_);
}

void CairoCanvas::clip_begin(const Rect& rect) {
  cairo_save(cairo_);
  cairo_rectangle(cairo_, rect.x, rect.y, rect.width, rect.height);
  cairo_clip(cairo_);
}

void CairoCanvas::clip_end() {
  cairo_restore(cairo_);
}

void CairoCanvas::group_begin(const std::string&) {}
void CairoCanvas::group_end() {}

void CairoCanvas::picture(const Rect& rect, const std::string& jpeg) {
  const auto surface = picture_surface(jpeg);
  const double nx = cairo_image_surface_get_width(surface.get());
  const double ny = cairo_image_surface_get_height(surface.get());
  const double scale = std::min(rect.width / nx, rect.height / ny);
  cairo_save(cairo_);
  cairo_translate(cairo_, rect.x + 0.5 * (rect.width - scale * nx),
                  rect.y + 0.5 * (rect.height - scale * ny));
  cairo_scale(cairo_, scale, scale);
  cairo_set_source_surface(cairo_, surface.get(), 0.0, 0.0);
  cairo_rectangle(cairo_, 0.0, 0.0, nx, ny);
  cairo_fill(cairo_);
  cairo_restore(cairo_);
}

void CairoCanvas::finish_page() {
  cairo_show_page(cairo_);
  check(cairo_status(cairo_), "draw a page");
}

void write_pdf(const std::filesystem::path& path, const PageSize& size, const std::string& title,
               const std::function<void(CairoCanvas&)>& draw) {
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const auto surface =
        owned(cairo_pdf_surface_create(temporary.c_str(), size.width, size.height));
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE,
                                   printable(title).c_str());
    // Without this cairo writes the time of day.
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                   "2000-01-01T00:00:00Z");
    {
      CairoCanvas canvas(surface.get());
      draw(canvas);
    }
    cairo_surface_finish(surface.get());
    check(cairo_surface_status(surface.get()), "write a PDF file");
  });
}

void write_png(const std::filesystem::path& path, View<const std::uint8_t> grey) {
  // Cairo writes alpha alone as grey.
  const auto surface = owned(cairo_image_surface_create(CAIRO_FORMAT_A8, grey.nx(), grey.ny()));
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(surface.get());
  cairo_surface_flush(surface.get());
  unsigned char* rows = cairo_image_surface_get_data(surface.get());
  for (int y = 0; y < grey.ny(); ++y)
    std::copy(grey.row(y), grey.row(y) + grey.nx(), rows + y * stride);
  cairo_surface_mark_dirty(surface.get());
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    check(cairo_surface_write_to_png(surface.get(), temporary.c_str()), "write a PNG file");
  });
}

void write_png(const std::filesystem::path& path, const PageSize& size, double scale,
               const std::function<void(CairoCanvas&)>& draw) {
  const int nx = static_cast<int>(std::ceil(size.width * scale)),
            ny = static_cast<int>(std::ceil(size.height * scale));
  const auto surface = owned(cairo_image_surface_create(CAIRO_FORMAT_RGB24, nx, ny));
  cairo_surface_set_device_scale(surface.get(), scale, scale);
  {
    CairoCanvas canvas(surface.get());
    canvas.box({0.0, 0.0, nx / scale, ny / scale}, rgb(0xffffff));  // to the last pixel
    draw(canvas);
  }
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    check(cairo_surface_write_to_png(surface.get(), temporary.c_str()), "write a PNG file");
  });
}

}  // namespace gimbal
