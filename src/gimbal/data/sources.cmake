# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  data/alignment.cpp data/alignment_aretomo.cpp data/alignment_compare.cpp
  data/alignment_find.cpp data/alignment_imod.cpp
  data/alignment_import.cpp data/alignment_match.cpp data/alignment_rigid.cpp data/alignment_star.cpp
  data/alignment_tracks.cpp
  data/acquisition_mdoc.cpp data/acquisition_names.cpp data/acquisition_table.cpp
  data/excluded_tilts.cpp data/failed_movies.cpp data/import.cpp data/import_checks.cpp data/import_dose.cpp data/import_match.cpp
  data/import_options.cpp
  data/labels.cpp data/motion_field.cpp data/movie_star.cpp data/output_names.cpp
  data/radiation_damage.cpp data/record.cpp data/relion_pipeline.cpp data/reprojection.cpp data/tilt_series.cpp
  data/tilt_series_check.cpp data/tilt_series_summary.cpp
  data/tilt_selection.cpp
  data/counting_noise.cpp data/defect_filler.cpp data/defects.cpp data/detector_files.cpp
  data/fixed_pattern.cpp data/gain.cpp
  data/orientation.cpp data/outlier_statistics.cpp data/outliers.cpp data/serialem_defects.cpp
)
