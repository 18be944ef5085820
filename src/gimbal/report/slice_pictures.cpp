// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/slice_pictures.h"

#include "gimbal/report/align_plots.h"
#include "gimbal/report/thumbnail.h"

#include <algorithm>

namespace gimbal {
namespace {

constexpr double gap = 0.012;  // between the slices, of the figure's width

void put(Canvas& canvas, const Rect& area, const std::string& jpeg) {
  if (jpeg.empty())
    canvas.box(area, role(Ink::grid));
  else
    canvas.picture(area, jpeg);
}

}  // namespace

std::vector<SlicePictures> slice_pictures(const std::vector<const recon::Slices*>& volumes,
                                          int max_px) {
  std::vector<View<const float>> views;
  for (const recon::Slices* v : volumes)
    for (const Image<float>* slice : {&v->xz, &v->yz, &v->xy}) views.push_back(*slice);
  auto jpegs = comparable_thumbnails(views, max_px);
  std::vector<SlicePictures> pictures;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const recon::Slices& v = *volumes[i];
    pictures.push_back({std::move(jpegs[3 * i + 2]), std::move(jpegs[3 * i]),
                        std::move(jpegs[3 * i + 1]), v.xy.nx(), v.xy.ny(), v.xz.ny(), v.voxel_A});
  }
  return pictures;
}

double slices_aspect(const SlicePictures& p) {
  return (p.ny + p.nz + gap * (p.nx + p.nz)) / std::max(1.0, (1.0 + gap) * (p.nx + p.nz));
}

void draw_slices(Canvas& canvas, const Rect& area, const SlicePictures& p) {
  const double space = gap * area.width;
  const double scale = (area.width - space) / std::max(1, p.nx + p.nz);
  const double x = scale * p.nx, y = scale * p.ny, z = scale * p.nz;
  const Rect xy{area.x, area.y, x, y};
  put(canvas, xy, p.xy);
  put(canvas, {area.x, area.y + y + space, x, z}, p.xz);
  put(canvas, {area.x + x + space, area.y, z, y}, p.yz);
  draw_scale_bar(canvas, xy, p.nx * p.voxel_A);
}

}  // namespace gimbal
