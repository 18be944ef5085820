// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/imod_model.h"

#include "gimbal/io/bytes.h"
#include "gimbal/io/file.h"
#include "gimbal/io/file_error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gimbal {
namespace {

constexpr std::size_t name_bytes = 128, object_name_bytes = 64, object_bytes = 176,
                      point_bytes = 12;
constexpr std::uint32_t open_flag = 1u << 3;
// Open, and stored values may colour the points: what IMOD gives the objects of fiducials.
constexpr std::uint32_t fiducial_flags = 0x1008;

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& source)
      : bytes_(bytes), source_(source) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  void need(std::size_t count, const char* what) const {
    if (left() < count)
      fail_file(Defect::truncated,
                "{} ends at byte {}, in the middle of {} that needs {} bytes from byte {} on: the "
                "file is truncated",
                source_, bytes_.size(), what, count, position_);
  }
  std::string text(std::size_t count) {
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + position_;
    position_ += count;
    return {begin, std::find(begin, begin + count, '\0')};
  }
  template <typename T>
  T value() {
    const T value = load<T>(bytes_, position_, std::endian::big);
    position_ += sizeof(T);
    return value;
  }
  // Not all numbers that the format allows make sense as coordinates.
  Vec3 vector(const char* what) {
    const std::size_t at = position_;
    const float x = value<float>(), y = value<float>(), z = value<float>();
    if (!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(z))
      fail_file(Defect::inconsistent, "{} holds NaN or infinity in {} at byte {}", source_, what,
                at);
    return {x, y, z};
  }
  void skip(std::size_t count) { position_ += count; }
  const std::string& source() const { return source_; }

 private:
  std::span<const std::byte> bytes_;
  std::string source_;
  std::size_t position_ = 0;
};

void read_header(Reader& in, ImodModel& model) {
  in.need(8, "the mark IMODV1.2");
  const std::string id = in.text(8);
  if (!id.starts_with("IMODV"))
    fail_file(Defect::bad_header, "{} is no IMOD model: it begins with '{}', not with IMODV1.2",
              in.source(), id.substr(0, 4));
  in.need(232, "the header");
  model.name = in.text(name_bytes);
  model.nx = in.value<std::int32_t>();
  model.ny = in.value<std::int32_t>();
  model.nz = in.value<std::int32_t>();
  in.skip(4 * 6 + 24);  // nobj, flags, modes, levels; offset and scale of the display
  in.skip(4 * 5);       // current object, contour, point; res, thresh
  const float pixel = in.value<float>();
  model.pixel_nm = std::isfinite(pixel) && pixel > 0.0F ? double{pixel} : 1.0;
  in.skip(4 * 5);  // units, checksum, alpha, beta, gamma
}

void read_object(Reader& in, ImodModel& model) {
  in.need(object_bytes, "an object");
  ImodObject object;
  object.name = in.text(object_name_bytes);
  in.skip(64 + 4);  // extra, number of contours: they are counted as they come
  object.open = (in.value<std::uint32_t>() & open_flag) != 0;
  in.skip(object_bytes - object_name_bytes - 64 - 8);
  model.objects.push_back(std::move(object));
}

void read_contour(Reader& in, ImodModel& model) {
  if (model.objects.empty())
    fail_file(Defect::inconsistent, "{} has a contour at byte {} before any object", in.source(),
              in.position() - 4);
  in.need(16, "a contour");
  const auto n_points = in.value<std::int32_t>();
  in.skip(12);  // flags, time, surface
  if (n_points < 0)
    fail_file(Defect::inconsistent, "{} has a contour of {} points at byte {}", in.source(),
              n_points, in.position() - 20);
  in.need(static_cast<std::size_t>(n_points) * point_bytes, "the points of a contour");
  ImodContour contour;
  contour.points.reserve(static_cast<std::size_t>(n_points));
  for (int i = 0; i < n_points; ++i) contour.points.push_back(in.vector("a point"));
  model.objects.back().contours.push_back(std::move(contour));
}

void read_mesh(Reader& in) {
  in.need(16, "a mesh");
  const auto vertices = in.value<std::int32_t>(), indices = in.value<std::int32_t>();
  in.skip(8);
  if (vertices < 0 || indices < 0)
    fail_file(Defect::inconsistent, "{} has a mesh of {} vertices at byte {}", in.source(),
              vertices, in.position() - 20);
  const auto bytes = static_cast<std::size_t>(vertices) * point_bytes +
                     static_cast<std::size_t>(indices) * sizeof(std::int32_t);
  in.need(bytes, "a mesh");
  in.skip(bytes);
}

void read_chunk(Reader& in, ImodModel& model, const std::string& id) {
  in.need(4, "a chunk");
  const auto size = in.value<std::int32_t>();
  if (size < 0)
    fail_file(Defect::inconsistent, "{} has a chunk '{}' of {} bytes at byte {}", in.source(), id,
              size, in.position() - 4);
  const auto bytes = static_cast<std::size_t>(size);
  in.need(bytes, "a chunk");
  const std::size_t end = in.position() + bytes;
  if (id == "MINX" && bytes >= 72) {
    in.skip(36);  // the same of the image before
    ImodImageReference reference;
    reference.scale = in.vector("MINX");
    reference.translation = in.vector("MINX");
    model.reference = reference;
  }
  in.skip(end - in.position());
}

class Writer {
 public:
  void text(std::string_view text, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      bytes_.push_back(i < text.size() ? static_cast<std::byte>(text[i]) : std::byte{0});
  }
  template <typename T>
  void value(T value) {
    if (std::endian::native != std::endian::big) value = swap_bytes(value);
    const auto raw = std::as_bytes(std::span(&value, 1));
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }
  void integers(std::initializer_list<std::int32_t> values) {
    for (const auto value : values) this->value(value);
  }
  void vector(Vec3 v) {
    for (const double part : {v.x, v.y, v.z}) value(static_cast<float>(part));
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

void write_header(Writer& out, const ImodModel& model) {
  out.text("IMODV1.2", 8);
  out.text(model.name.substr(0, name_bytes - 1), name_bytes);
  out.integers({model.nx, model.ny, model.nz, static_cast<std::int32_t>(model.objects.size())});
  out.value(std::uint32_t{0xf000});  // MINX holds origin and angles; materials are bytes
  out.integers({1, 1, 0, 255});      // modes, black, white
  out.vector({});
  out.vector({1.0, 1.0, 1.0});
  out.integers({0, 0, 0, 3, 128});  // current object, contour, point; res, thresh
  out.value(static_cast<float>(model.pixel_nm));
  out.integers({-9, 0});  // nanometres; checksum
  out.vector({});
}

void write_object(Writer& out, const ImodObject& object) {
  out.text("OBJT", 4);
  out.text(object.name.substr(0, object_name_bytes - 1), object_name_bytes);
  out.text("", 64);
  out.integers({static_cast<std::int32_t>(object.contours.size())});
  out.value(object.open ? fiducial_flags : std::uint32_t{0});
  out.integers({0, 1});          // axis, drawing mode
  out.vector({0.0, 1.0, 0.0});   // colour
  out.integers({0});             // radius of points in 3-D
  out.text({"\0\5\1\1", 4}, 8);  // circles of 5 px, lines of 1
  out.integers({0, 0});          // meshes, surfaces
  for (const auto& contour : object.contours) {
    out.text("CONT", 4);
    out.integers({static_cast<std::int32_t>(contour.points.size()), 0, 0, 0});
    for (const Vec3 point : contour.points) out.vector(point);
  }
  out.text("IMAT", 4);
  out.integers({16});
  out.text("\146\377\177\4", 16);  // IMOD's usual light: ambient, diffuse, specular, shininess
}

}  // namespace

ImodModel parse_imod_model(std::span<const std::byte> bytes, const std::string& source) {
  Reader in(bytes, source);
  ImodModel model;
  read_header(in, model);
  while (in.left() > 0) {
    in.need(4, "the mark of a chunk");
    const std::string id = in.text(4);
    if (id == "IEOF") break;
    if (id == "OBJT")
      read_object(in, model);
    else if (id == "CONT")
      read_contour(in, model);
    else if (id == "MESH")
      read_mesh(in);
    else
      read_chunk(in, model, id);
  }
  return model;
}

ImodModel read_imod_model(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  return parse_imod_model(std::as_bytes(std::span(text)), path.string());
}

std::vector<std::byte> imod_model_bytes(const ImodModel& model) {
  Writer out;
  write_header(out, model);
  for (const auto& object : model.objects) write_object(out, object);
  if (model.reference) {
    out.text("MINX", 4);
    out.integers({72});
    for (int i = 0; i < 2; ++i) {
      out.vector(model.reference->scale);
      out.vector(model.reference->translation);
      out.vector({});  // rotation
    }
  }
  out.text("IEOF", 4);
  return out.take();
}

}  // namespace gimbal
