# SPDX-License-Identifier: GPL-3.0-or-later
# Every dependency of gimbal. Debian 12 names are in scripts/install-dependencies.sh.
include(${CMAKE_CURRENT_LIST_DIR}/library-dependencies.cmake)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_path(GEMMI_INCLUDE_DIR gemmi/cif.hpp REQUIRED)
if(GIMBAL_TESTS)
  find_package(GTest REQUIRED)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
endif()
if(GIMBAL_BENCH)
  find_package(benchmark REQUIRED)
endif()
