# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  tilt/align.cpp tilt/align_judge.cpp tilt/align_methods.cpp tilt/align_options.cpp tilt/bad_tilts.cpp tilt/brightness.cpp
  tilt/exclude.cpp tilt/load_stack.cpp tilt/misplaced.cpp tilt/survey.cpp

  tilt/bead_detect.cpp tilt/bead_discover.cpp tilt/bead_fit.cpp tilt/bead_follow.cpp
  tilt/bead_match.cpp tilt/bead_model.cpp tilt/bead_profile.cpp tilt/bead_register.cpp tilt/bead_size.cpp
  tilt/bead_track.cpp tilt/bead_whiten.cpp

  tilt/bundle.cpp tilt/bundle_normal.cpp tilt/doubt.cpp tilt/level.cpp tilt/solve.cpp tilt/solve_centre.cpp
  tilt/solve_choice.cpp tilt/solve_result.cpp tilt/solve_robust.cpp tilt/solve_start.cpp

  tilt/local_volume.cpp tilt/patch_tracks.cpp tilt/slab_align.cpp tilt/slab_axis.cpp tilt/slab_depth.cpp tilt/slab_errors.cpp tilt/slab_level.cpp
  tilt/slab_model.cpp tilt/slab_refine.cpp tilt/slab_search.cpp tilt/slab_signal.cpp
  tilt/slab_spectra.cpp tilt/slab_sums.cpp tilt/slab_tile.cpp tilt/slab_views.cpp
  tilt/scale_steps.cpp tilt/slow_errors.cpp tilt/slow_modes.cpp tilt/slow_pictures.cpp tilt/slow_slopes.cpp tilt/slow_system.cpp
)
