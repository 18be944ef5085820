// SPDX-License-Identifier: GPL-3.0-or-later
// IMOD's text files of an alignment: transforms (.xf .prexg .tltxf), angles (.tlt .rawtlt .xtilt)
// and residuals (.resid). Written with full precision, where IMOD's own programs round to 0.01
// degree and 0.001 px; IMOD reads both.
#pragma once

#include "gimbal/core/geometry.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

// X' = A (X - n/2) + d + n'/2 in px, where pixel i of n has its centre at i + 0.5.
struct ImodTransform {
  double a11 = 1.0, a12 = 0.0, a21 = 0.0, a22 = 1.0;
  Vec2 d;

  Vec2 linear(Vec2 v) const { return {a11 * v.x + a12 * v.y, a21 * v.x + a22 * v.y}; }
  double determinant() const { return a11 * a22 - a12 * a21; }
  // Solves linear(v) = w. The determinant is not zero in what parse_xf() returns.
  Vec2 inverse_linear(Vec2 w) const;
};

// One point in one view: where it was seen, in px of the model (pixel i has its centre at i + 0.5),
// and predicted minus measured (the sign of IMOD).
struct ImodResidual {
  Vec2 position_px;
  int view = 0;  // from 0
  Vec2 residual_px;
};

// `source` is the file's name, for messages. Errors name the line: wrong number of columns, no
// number, not finite, or a transform that cannot be inverted.
std::vector<ImodTransform> parse_xf(const std::string& text, const std::string& source);
std::string xf_text(const std::vector<ImodTransform>& transforms);

// One angle in degrees for each view. Further columns are ignored (AreTomo writes the order of
// acquisition there).
std::vector<double> parse_angles(const std::string& text, const std::string& source);
std::string angles_text(const std::vector<double>& angles_deg);

std::vector<ImodResidual> parse_residuals(const std::string& text, const std::string& source);
std::string residuals_text(const std::vector<ImodResidual>& residuals);

std::vector<ImodTransform> read_xf(const std::filesystem::path& path);
std::vector<double> read_angles(const std::filesystem::path& path);

}  // namespace gimbal
