// SPDX-License-Identifier: GPL-3.0-or-later
// The used frames of a movie as rows of floats, gain applied and defects filled, without ever
// holding all frames as floats. Frames are read again for each pass over the movie, except for as
// many as fit in a small cache; so memory does not grow with their number.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/data/detector.h"
#include "gimbal/io/frame_reader.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace gimbal {

// A frame in memory. Where all values fit in four bits, as few electrons do, two pixels share a
// byte.
class KeptFrame {
 public:
  explicit KeptFrame(RawFrame raw) : raw_(std::move(raw)) {}
  void pack_if_possible();
  bool is_packed() const { return packed_; }
  int nx() const { return raw_.nx; }
  void row_to_float(int y, float* out) const;
  float pixel(int x, int y) const;

 private:
  // Packed: byte x of a row holds pixel x in its lower and pixel x + half() in its upper bits.
  int half() const { return (raw_.nx + 1) / 2; }
  const std::uint8_t* packed_row(int y) const;
  struct Large {
    int x;
    float value;
  };
  RawFrame raw_;
  bool packed_ = false;
  std::vector<Large> large_;             // in the order of rows
  std::vector<std::size_t> large_from_;  // the first of each row, and the end
};

class MovieFrames {
 public:
  // Frames first .. last (counted from 0, both used). `gain` may be empty; otherwise it has the
  // frames' size. The reader and the gain must outlive this object.
  MovieFrames(const FrameReader& reader, int first, int last, View<const float> gain);

  int count() const { return last_ - first_ + 1; }
  Size2 size() const { return {reader_.info().nx, reader_.info().ny}; }
  void set_defects(DefectFiller filler) { filler_ = std::move(filler); }

  // Used frame i, from the cache or the file. May be called from several threads.
  std::shared_ptr<const KeptFrame> load(int i) const;
  // Row y of it, ready to use; `row` has room for nx floats.
  void prepare_row(const KeptFrame& frame, int i, int y, float* row) const;

  // Sum of all used frames, gain applied, defects not filled. Throws Error when a value is not a
  // number.
  Image<float> sum() const;

 private:
  void add_rows(const KeptFrame& frame, int y, float* sum, float* scratch) const;
  [[noreturn]] void fail_not_a_number() const;  // says which frame and pixel
  const FrameReader& reader_;
  int first_, last_;
  View<const float> gain_;
  DefectFiller filler_;
  std::vector<std::shared_ptr<const KeptFrame>> cache_;  // by used frame; empty pointers: not kept
};

}  // namespace gimbal
