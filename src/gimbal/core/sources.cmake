# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  core/error.cpp core/image.cpp core/options.cpp core/parallel.cpp core/text.cpp
)
if(GIMBAL_SANITIZE STREQUAL "thread")
  # The templates of TBB are as little checked as its library; see TaskOrder.
  set_source_files_properties(core/parallel.cpp PROPERTIES COMPILE_DEFINITIONS GIMBAL_THREAD_SANITIZER
                              COMPILE_OPTIONS -fno-sanitize=thread SKIP_PRECOMPILE_HEADERS ON)
endif()
