# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  motion/accumulated_motion.cpp motion/align_global.cpp motion/align_local.cpp
  motion/dose_weights.cpp motion/fourier_sums.cpp motion/frame_dose.cpp motion/frames.cpp
  motion/likelihood.cpp motion/local_model.cpp motion/low_spectra.cpp motion/motion.cpp
  motion/measure.cpp motion/options.cpp motion/output.cpp motion/patches.cpp
  motion/power_spectrum.cpp motion/raw_average.cpp motion/signal.cpp motion/trajectory.cpp
)
