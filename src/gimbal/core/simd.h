// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors of 4 and 16 floats by compiler extension, and one macro that builds a hot function for
// several instruction sets and chooses at run time. Plain C++ everywhere else.
#pragma once

#include <cstring>

// Sanitizers start before the resolvers of such functions may run, so there only the baseline is
// built.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(GIMBAL_SANITIZED)
#define GIMBAL_MULTIVERSION \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GIMBAL_MULTIVERSION
#endif

namespace gimbal {

using Float16 =
    float __attribute__((vector_size(64)));  // 16 floats, or 8 interleaved complex numbers

using Float4 = float __attribute__((vector_size(16)));

[[gnu::always_inline]] inline Float4 load4(const float* p) {
  Float4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
[[gnu::always_inline]] inline Float16 load16(const float* p) {
  Float16 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
[[gnu::always_inline]] inline void store16(float* p, Float16 v) {
  std::memcpy(p, &v, sizeof v);
}
[[gnu::always_inline]] inline Float16 splat16(float x) {
  return Float16{} + x;
}

}  // namespace gimbal
