# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  io/aretomo.cpp io/aretomo_batch.cpp io/file.cpp io/imod.cpp io/imod_batch.cpp io/imod_model.cpp
  io/mdoc.cpp io/mdoc_check.cpp io/mdoc_time.cpp io/motioncor.cpp io/pattern.cpp io/process.cpp
  io/cif.cpp io/star.cpp io/star_reader.cpp
  io/byte_source.cpp io/bytes.cpp io/compressed.cpp io/decoder.cpp io/frame_reader.cpp
  io/eer.cpp io/eer_codec.cpp io/eer_metadata.cpp io/tiff.cpp io/tiff_handle.cpp
  io/describe.cpp io/image_check.cpp
  io/mrc.cpp io/mrc_header.cpp io/mrc_pixels.cpp io/mrc_volume.cpp io/mrc_writer.cpp
)
# See cif.h.
set_source_files_properties(io/cif.cpp PROPERTIES COMPILE_OPTIONS -std=c++17 SKIP_PRECOMPILE_HEADERS ON)
