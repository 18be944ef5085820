# SPDX-License-Identifier: GPL-3.0-or-later
# Flags of our own targets only: mathematics, warnings, sanitizers.
add_library(gimbal_flags INTERFACE)
# Nobody asks errno or the floating-point traps; without them loops with square roots are vectorised.
target_compile_options(gimbal_flags INTERFACE -fno-math-errno -fno-trapping-math)
target_compile_options(gimbal_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Wold-style-cast -Woverloaded-virtual
                       -Wno-psabi)  # vectors of 16 floats are passed between inlined functions only

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms on the concatenation of strings (GCC bug 105651).
  target_compile_options(gimbal_flags INTERFACE -Wno-restrict)
endif()
if(GIMBAL_WERROR)
  target_compile_options(gimbal_flags INTERFACE -Werror)
endif()
if(GIMBAL_SANITIZE)
  target_compile_options(gimbal_flags INTERFACE -fsanitize=${GIMBAL_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(gimbal_flags INTERFACE -fsanitize=${GIMBAL_SANITIZE})
  target_compile_definitions(gimbal_flags INTERFACE GIMBAL_SANITIZED=1)
endif()
if(GIMBAL_FUZZ)
  # Coverage for libFuzzer; harmless in programs that are not fuzzers.
  target_compile_options(gimbal_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
