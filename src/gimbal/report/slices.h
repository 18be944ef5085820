// SPDX-License-Identifier: GPL-3.0-or-later
// Slices of anything that is a stack of images: volumes along any axis, tilt series, movies.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/io/frame_reader.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

// What the slices are perpendicular to. Slices along z are the images of the stack (x right, y
// up), along y they have x right and z up, along x y right and z up.
enum class SliceAxis { x, y, z };

int n_slices(const StackInfo& info, SliceAxis axis);

// For each of the centres (from 0), the mean of the `thickness` slices around it (fewer at the
// ends; an even number reaches one further down). Every image of the stack that is needed is read
// once. What is not finite does not count. An Error when a centre is outside.
std::vector<Image<float>> read_slices(const FrameReader& reader, SliceAxis axis,
                                      const std::vector<int>& centres, int thickness);

// "middle", "all", or numbers from 1: "3,10-20,30-90/10". From 0 in the result, rising, each once.
// An Error says what is not understood, or outside of 1 to n.
std::vector<int> slice_numbers(const std::string& text, int n);

// Pictures of one size side by side, with a label below each.
struct LabelledPicture {
  std::string label;
  Image<std::uint8_t> grey;
};
void write_montage(const std::filesystem::path& path, const std::vector<LabelledPicture>& pictures,
                   int columns);

}  // namespace gimbal
