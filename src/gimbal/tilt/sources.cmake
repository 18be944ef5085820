# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  tilt/load_stack.cpp
)
