// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/imod.h"

#include "gimbal/core/text.h"
#include "gimbal/io/file.h"
#include "gimbal/io/file_error.h"

#include <cmath>

namespace gimbal {
namespace {

struct Row {
  std::vector<double> numbers;
  std::size_t line = 0;  // from 1
};

std::vector<double> numbers_of(const std::vector<std::string_view>& words, std::size_t line,
                               const std::string& source) {
  std::vector<double> numbers;
  for (const auto word : words) {
    const auto number = parse_double(word);
    if (!number || !std::isfinite(*number))
      fail_file(Defect::inconsistent, "line {} of {} holds '{}' where a number was expected", line,
                source, word);
    numbers.push_back(*number);
  }
  return numbers;
}

// The lines that hold anything; each must have at least `columns` words, of which only those are
// looked at.
std::vector<Row> rows_of(const std::string& text, const std::string& source, std::size_t columns) {
  std::vector<Row> rows;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    auto words = split_words(line);
    if (words.empty()) continue;
    if (words.size() < columns)
      fail_file(Defect::truncated, "line {} of {} has {} columns, but {} were expected", number,
                source, words.size(), columns);
    words.resize(columns);
    rows.push_back({numbers_of(words, number, source), number});
  }
  if (rows.empty()) fail_file(Defect::truncated, "{} holds no numbers", source);
  return rows;
}

}  // namespace

Vec2 ImodTransform::inverse_linear(Vec2 w) const {
  const double det = determinant();
  return {(a22 * w.x - a12 * w.y) / det, (a11 * w.y - a21 * w.x) / det};
}

std::vector<ImodTransform> parse_xf(const std::string& text, const std::string& source) {
  std::vector<ImodTransform> transforms;
  for (const auto& [n, line] : rows_of(text, source, 6)) {
    const ImodTransform transform{n[0], n[1], n[2], n[3], {n[4], n[5]}};
    const double size = std::abs(transform.determinant());
    if (!(size > 1e-6 && size < 1e6))
      fail_file(Defect::inconsistent,
                "line {} of {} is no transform: its determinant is {:g}, but near 1 was expected",
                line, source, transform.determinant());
    transforms.push_back(transform);
  }
  return transforms;
}

std::string xf_text(const std::vector<ImodTransform>& transforms) {
  std::string text;
  for (const auto& t : transforms)
    text += fmt::format("{:15.12f} {:15.12f} {:15.12f} {:15.12f} {:17.9f} {:17.9f}\n", t.a11, t.a12,
                        t.a21, t.a22, t.d.x, t.d.y);
  return text;
}

std::vector<double> parse_angles(const std::string& text, const std::string& source) {
  std::vector<double> angles;
  for (const auto& [numbers, line] : rows_of(text, source, 1)) {
    if (std::abs(numbers[0]) > 360.0)
      fail_file(Defect::inconsistent, "line {} of {} is {:g}: no angle in degrees", line, source,
                numbers[0]);
    angles.push_back(numbers[0]);
  }
  return angles;
}

std::string angles_text(const std::vector<double>& angles_deg) {
  std::string text;
  for (const double angle : angles_deg) text += fmt::format("{:15.10f}\n", angle);
  return text;
}

std::vector<ImodResidual> parse_residuals(const std::string& text, const std::string& source) {
  const auto begin = text.find_first_not_of(" \t\r\n\f\v");
  const auto end = begin == std::string::npos ? begin : text.find('\n', begin);
  if (end == std::string::npos) fail_file(Defect::truncated, "{} holds no residuals", source);
  const auto words = split_words(std::string_view(text).substr(begin, end - begin));
  const auto count = parse_int(words[0]);
  if (!count || *count < 0)
    fail_file(Defect::bad_header,
              "the first line of {} begins with '{}', but the number of "
              "residuals was expected",
              source, words[0]);
  std::vector<ImodResidual> residuals;
  if (*count == 0) return residuals;
  for (const auto& [n, line] : rows_of(text.substr(end + 1), source, 5)) {
    if (!(n[2] >= 0.0 && n[2] < 1e6))
      fail_file(Defect::inconsistent, "line {} of {} names the view {:g}", line + 1, source, n[2]);
    residuals.push_back({{n[0], n[1]}, static_cast<int>(std::lround(n[2])), {n[3], n[4]}});
  }
  if (residuals.size() != static_cast<std::size_t>(*count))
    fail_file(Defect::truncated, "{} announces {} residuals, but holds {}", source, *count,
              residuals.size());
  return residuals;
}

std::string residuals_text(const std::vector<ImodResidual>& residuals) {
  std::string text = fmt::format("{} residuals\n", residuals.size());
  for (const auto& r : residuals)
    text += fmt::format("{:12.4f} {:12.4f} {:4} {:10.5f} {:10.5f}\n", r.position_px.x,
                        r.position_px.y, r.view, r.residual_px.x, r.residual_px.y);
  return text;
}

std::vector<ImodTransform> read_xf(const std::filesystem::path& path) {
  return parse_xf(read_text(path), path.string());
}

std::vector<double> read_angles(const std::filesystem::path& path) {
  return parse_angles(read_text(path), path.string());
}

}  // namespace gimbal
