# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  recon/back_projection.cpp recon/ctf_zones.cpp recon/kernels.cpp recon/lines.cpp recon/options.cpp
  recon/reconstruct.cpp recon/series.cpp recon/slices.cpp recon/tilt_lines.cpp
  recon/tilt_spectrum.cpp recon/weights.cpp
)
