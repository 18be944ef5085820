// SPDX-License-Identifier: GPL-3.0-or-later
// Images: View (does not own) and Image (owns, rows start on 64-byte boundaries).
// Index (0, 0) is the first stored pixel, x runs fastest, y grows with the row in the file (MRC:
// upwards).
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace gimbal {

struct Size2 {
  int nx = 0;
  int ny = 0;
  friend bool operator==(const Size2&, const Size2&) = default;
};

// A rectangle of pixels; `pitch` is the distance between rows in elements.
template <typename T>
class View {
 public:
  View() = default;
  View(T* data, int nx, int ny, std::ptrdiff_t pitch)
      : data_(data), nx_(nx), ny_(ny), pitch_(pitch) {}
  operator View<const T>() const { return {data_, nx_, ny_, pitch_}; }

  int nx() const { return nx_; }
  int ny() const { return ny_; }
  Size2 size() const { return {nx_, ny_}; }
  std::ptrdiff_t pitch() const { return pitch_; }
  std::size_t count() const {
    return static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_);
  }
  T* data() const { return data_; }
  T* row(int y) const {
    assert(y >= 0 && y < ny_);
    return data_ + y * pitch_;
  }
  std::span<T> row_span(int y) const { return {row(y), static_cast<std::size_t>(nx_)}; }
  T& operator()(int x, int y) const {
    assert(x >= 0 && x < nx_);
    return row(y)[x];
  }
  View part(int x0, int y0, int nx, int ny) const {
    assert(x0 >= 0 && y0 >= 0 && x0 + nx <= nx_ && y0 + ny <= ny_);
    return {data_ + y0 * pitch_ + x0, nx, ny, pitch_};
  }

 private:
  T* data_ = nullptr;
  int nx_ = 0;
  int ny_ = 0;
  std::ptrdiff_t pitch_ = 0;
};

namespace detail {
void* allocate_pixels(std::size_t bytes);  // aligned to 64 bytes or better
void free_pixels(void* pixels, std::size_t bytes);
}  // namespace detail

// For vectors of raw bytes as large as images: the same memory, and resize() does not fill it.
template <typename T>
struct PixelAllocator {
  using value_type = T;
  PixelAllocator() = default;
  template <typename U>
  PixelAllocator(const PixelAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(detail::allocate_pixels(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) { detail::free_pixels(p, n * sizeof(T)); }
  template <typename U>
  void construct(U* p) {
    ::new (static_cast<void*>(p)) U;
  }
  template <typename U, typename... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
  friend bool operator==(const PixelAllocator&, const PixelAllocator&) { return true; }
};
using Bytes = std::vector<std::byte, PixelAllocator<std::byte>>;

// Owns its pixels. New pixels are zero unless `uninitialized` is asked for.
template <typename T>
class Image {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  struct Uninitialized {};
  static constexpr std::size_t alignment = 64;

  Image() = default;
  Image(int nx, int ny) : Image(nx, ny, Uninitialized{}) { fill(T{}); }
  Image(int nx, int ny, Uninitialized) : nx_(nx), ny_(ny), pitch_(padded(nx)) {
    assert(nx >= 0 && ny >= 0);
    const std::size_t bytes =
        static_cast<std::size_t>(pitch_) * static_cast<std::size_t>(ny) * sizeof(T);
    data_ = {static_cast<T*>(detail::allocate_pixels(bytes)), Free{bytes}};
  }
  Image(Image&&) noexcept = default;
  Image& operator=(Image&&) noexcept = default;
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  Image clone() const {
    Image copy(nx_, ny_, Uninitialized{});
    for (int y = 0; y < ny_; ++y)
      for (int x = 0; x < nx_; ++x) copy(x, y) = (*this)(x, y);
    return copy;
  }

  bool empty() const { return nx_ == 0 || ny_ == 0; }
  int nx() const { return nx_; }
  int ny() const { return ny_; }
  Size2 size() const { return {nx_, ny_}; }
  std::ptrdiff_t pitch() const { return pitch_; }
  std::size_t count() const {
    return static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_);
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  View<T> view() { return {data_.get(), nx_, ny_, pitch_}; }
  View<const T> view() const { return {data_.get(), nx_, ny_, pitch_}; }
  operator View<T>() { return view(); }
  operator View<const T>() const { return view(); }
  T* row(int y) { return view().row(y); }
  const T* row(int y) const { return view().row(y); }
  T& operator()(int x, int y) { return view()(x, y); }
  const T& operator()(int x, int y) const { return view()(x, y); }
  void fill(T value) {
    for (int y = 0; y < ny_; ++y)
      for (std::ptrdiff_t x = 0; x < pitch_; ++x) data_.get()[y * pitch_ + x] = value;
  }

 private:
  struct Free {
    std::size_t bytes = 0;
    void operator()(T* p) const { detail::free_pixels(p, bytes); }
  };
  // Whole cache lines, but not a multiple of the page size: columns of such images would fall on
  // the same few places of the processor's cache.
  static std::ptrdiff_t padded(int nx) {
    constexpr std::ptrdiff_t unit = sizeof(T) >= alignment ? 1 : alignment / sizeof(T);
    const std::ptrdiff_t lines = (static_cast<std::ptrdiff_t>(nx) + unit - 1) / unit;
    return (lines > 0 && lines % (4096 / alignment) == 0 ? lines + 1 : lines) * unit;
  }
  int nx_ = 0;
  int ny_ = 0;
  std::ptrdiff_t pitch_ = 0;
  std::unique_ptr<T, Free> data_;
};

}  // namespace gimbal
