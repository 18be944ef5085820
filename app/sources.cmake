# SPDX-License-Identifier: GPL-3.0-or-later
# One line for each command, alphabetical; its entry in the table of main.cpp goes with it.
target_sources(gimbal_app PRIVATE
  align.cpp
  align_job.cpp
  align_results.cpp
  align_series.cpp
  align_stacks.cpp
  batch.cpp
  completion.cpp
  crew.cpp
  exclude.cpp
  exclude_job.cpp
  exclude_results.cpp
  import.cpp
  info.cpp
  job_folder.cpp
  job_status.cpp
  motion.cpp
  motion_detector.cpp
  motion_job.cpp
  motion_movie.cpp
  motion_results.cpp
  mpi_session.cpp
  progress.cpp
  report.cpp
  simulate.cpp
  status.cpp
  validate.cpp
  view.cpp
)
