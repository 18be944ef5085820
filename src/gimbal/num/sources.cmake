# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  num/fft.cpp num/fourier.cpp num/linear.cpp num/prime_dft.cpp num/rows.cpp num/warp.cpp
)
