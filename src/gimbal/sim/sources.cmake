# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  sim/eer_movie.cpp sim/eer_writer.cpp sim/exposure.cpp sim/movie.cpp sim/movie_writer.cpp
  sim/optics.cpp sim/plane.cpp sim/poisson.cpp sim/pulls.cpp sim/reference.cpp sim/sensor.cpp
  sim/series.cpp sim/series_files.cpp sim/series_options.cpp sim/specimen.cpp sim/texture.cpp
  sim/tiff_writer.cpp sim/tracks.cpp sim/true_motion.cpp sim/truth.cpp sim/warp.cpp
)
