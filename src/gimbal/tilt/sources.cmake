# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  tilt/align.cpp tilt/align_options.cpp tilt/load_stack.cpp
)
