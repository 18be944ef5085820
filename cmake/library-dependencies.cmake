# SPDX-License-Identifier: GPL-3.0-or-later
# What the library links. Also part of the installed CMake package: the library is static, so its
# users link the same.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(TIFF REQUIRED)
find_package(JPEG REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(BZip2 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(FFTW3F REQUIRED QUIET IMPORTED_TARGET fftw3f)
pkg_check_modules(CAIRO REQUIRED QUIET IMPORTED_TARGET cairo cairo-pdf cairo-png cairo-svg)
pkg_check_modules(ZSTD REQUIRED QUIET IMPORTED_TARGET libzstd)
pkg_check_modules(LZMA REQUIRED QUIET IMPORTED_TARGET liblzma)
