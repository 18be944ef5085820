// SPDX-License-Identifier: GPL-3.0-or-later
// Across the tilt axis the defocus changes. Lines are made in zones in which one defocus will do:
// a block of the filtered image around each part of a zone, as far as the CTF spreads a point, is
// flipped by itself.
#pragma once

#include "gimbal/recon/lines.h"
#include "gimbal/recon/weights.h"

#include <vector>

namespace gimbal::recon {

// Of u, from one end to the next; the outer ends are infinite.
struct Zone {
  double from_u = 0.0, to_u = 0.0;
  double extra_defocus_A = 0.0;
};

// At least one. Within each the phase of the finest detail, of 2 voxels or 3 A, changes by less
// than 1 rad: beyond 3 A only 15 nm of a specimen's depth have the defocus of its middle.
std::vector<Zone> defocus_zones(const Series& series, const SeriesTilt& tilt, const LineView& view,
                                const VolumeGrid& grid);

// One tilt with several zones.
class ZonedLines {
 public:
  ZonedLines(const Series& series, const SeriesTilt& tilt, const LineView& view,
             const VolumeGrid& grid, const WorkingGrid& working);

  // The part of the working image that these lines need, for all zones.
  Window window_of(const LineSet& lines) const;
  // What fill() takes beside the image and the lines.
  double bytes(const LineSet& lines) const;
  // `image` is this window of the filtered image, without CTF.
  void fill(View<const float> image, const Window& window, const ImageKernel& kernel,
            LineSet& lines) const;

 private:
  struct Block {
    LinePart part;
    Window core;  // what the lines sample
    Window all;   // and as far as the CTF reaches, of a size with a fast transform
    double extra_defocus_A = 0.0;
  };
  std::vector<Block> blocks_of(const LineSet& lines) const;
  void fill_block(View<const float> image, const Window& window, const ImageKernel& kernel,
                  const Block& block, LineSet& lines) const;
  void flip(const Block& block, View<cfloat> spectrum) const;

  const Series& series_;
  const SeriesTilt& tilt_;
  const LineView& view_;
  const WorkingGrid& working_;
  std::vector<Zone> zones_;
  Vec2 working_px_A_;
  int reach_x_, reach_y_;  // working px
  int tile_;               // places along a line
};

}  // namespace gimbal::recon
