// SPDX-License-Identifier: GPL-3.0-or-later
// IMOD's binary models (.fid .seed .3dmod .mod), big-endian, "IMODV1.2": objects made of contours
// made of points. Of the rest only what tells where the points are is kept; chunks that are not
// known are skipped by their size.
// Sources: IMOD's documentation of the format (imodhelp/binspec).
#pragma once

#include "gimbal/core/geometry.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gimbal {

// Points are in px of the image the model was made on: pixel i has its centre at i + 0.5; z is the
// section, from 0.
struct ImodContour {
  std::vector<Vec3> points;
};

struct ImodObject {
  std::string name;
  bool open = true;  // points that belong to a track are an open contour
  std::vector<ImodContour> contours;
};

// How the image the model was last seen on relates to its coordinates (the chunk MINX).
struct ImodImageReference {
  Vec3 scale{1.0, 1.0, 1.0};  // its pixel size
  Vec3 translation;           // minus its origin
};

struct ImodModel {
  std::string name;
  int nx = 0, ny = 0, nz = 0;  // size of the image
  double pixel_nm = 1.0;
  std::vector<ImodObject> objects;
  std::optional<ImodImageReference> reference;
};

// `source` is the file's name, for messages. Errors name the byte. A model that ends after a
// complete chunk, without the end mark IEOF, is read as it is.
ImodModel parse_imod_model(std::span<const std::byte> bytes, const std::string& source);
ImodModel read_imod_model(const std::filesystem::path& path);

// As IMOD's own programs write models of fiducials.
std::vector<std::byte> imod_model_bytes(const ImodModel& model);

}  // namespace gimbal
