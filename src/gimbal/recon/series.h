// SPDX-License-Identifier: GPL-3.0-or-later
// What a reconstruction is made from: an aligned tilt series without its images, and the grid of
// the volume.
#pragma once

#include "gimbal/data/alignment.h"

#include <optional>
#include <string>
#include <vector>

namespace gimbal::recon {

struct Defocus {
  double u_A = 0.0, v_A = 0.0;  // positive: underfocus
  double angle_deg = 0.0;       // of the axis of u, from +X
  double phase_shift_deg = 0.0;
};

struct SeriesTilt {
  std::string key;
  Projection projection;  // of full-size images
  double pre_exposure_e_A2 = 0.0;
  std::optional<Defocus> defocus;
};

struct Series {
  Size2 full_size;
  double pixel_A = 1.0;  // of full-size images
  // Full-size px per px of the images that will be given: position p of a full-size image is at
  // p / binning in them.
  int binning = 1;
  double voltage_kV = 300.0, cs_mm = 2.7, amplitude_contrast = 0.1;
  double hand = -1.0;  // rlnTomoHand: sign of the change of defocus with depth
  DeformationModel deformation;
  std::vector<SeriesTilt> tilts;
};

// Voxel (i, j, k) is at first + (i, j, k), in voxels from the tomogram's centre.
struct VolumeGrid {
  int nx = 0, ny = 0, nz = 0;
  double voxel_A = 10.0;
  Vec3 first;
};

// The grid of a tomogram of w x h x d full-size px: voxel i is at px i * voxel_A / pixel_A, counted
// from 0, and the centre at floor(size / 2), as RELION counts.
VolumeGrid tomogram_grid(int w, int h, int d, double pixel_A, double voxel_A);

// Where a tilt sees the voxels. A point (x, y, z), in voxels from the tomogram's centre, is seen at
//   p = origin + u du + v dv
//   u =     u0.x x + u0.z z + uxx x^2 + uxy x y + uyy y^2
//   v = y + v0.x x + v0.z z + vxx x^2 + vxy x y + vyy y^2
// so that lines along y are straight lines in the image (up to the deformation).
struct LineView {
  Vec2 origin_px;         // in full-size px
  Vec2 across_px, dv_px;  // at right angles, of one length: a voxel
  Vec2 du_px;             // across_px and as much of dv_px as keeps v from changing with x
  double ux = 1.0, uz = 0.0, vx = 0.0, vz = 0.0;
  double uxx = 0.0, uxy = 0.0, uyy = 0.0, vxx = 0.0, vxy = 0.0, vyy = 0.0;
  double angle_rad = 0.0;    // between the beam and z, about y
  double depth_per_u = 0.0;  // of the plane z = 0: voxels towards +z of the microscope per u

  double u(Vec3 p) const {
    return ux * p.x + uz * p.z + uxx * p.x * p.x + uxy * p.x * p.y + uyy * p.y * p.y;
  }
  double v(Vec3 p) const {
    return p.y + vx * p.x + vz * p.z + vxx * p.x * p.x + vxy * p.x * p.y + vyy * p.y * p.y;
  }
  Vec2 image_px(Vec3 p) const { return origin_px + u(p) * du_px + v(p) * dv_px; }
};

LineView line_view(const Series& series, const SeriesTilt& tilt, double voxel_A);

// How lines along y are seen: v = y for all of them; v = y + a shift of their own; or curved, too.
enum class LineShape { straight, shifted, curved };
LineShape line_shape(const std::vector<LineView>& views, const VolumeGrid& grid);

}  // namespace gimbal::recon
