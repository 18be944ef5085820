# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  tilt/align.cpp tilt/align_options.cpp tilt/load_stack.cpp

  tilt/bundle.cpp tilt/bundle_normal.cpp tilt/level.cpp tilt/solve.cpp tilt/solve_centre.cpp
  tilt/solve_choice.cpp tilt/solve_result.cpp tilt/solve_robust.cpp tilt/solve_start.cpp

  tilt/slab_align.cpp tilt/slab_model.cpp tilt/slab_refine.cpp tilt/slab_search.cpp
  tilt/slab_views.cpp
)
