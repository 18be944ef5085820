# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy on library and program, one test for each source, so that every core has some to the end; .clang-tidy says
# what it looks for. Its flags are those of this tree, which has to be one of clang's.
find_program(CLANG_TIDY NAMES clang-tidy clang-tidy-14 REQUIRED)
# Those flags name the library's precompiled header.
set(header src/gimbal/CMakeFiles/gimbal.dir/cmake_pch.hxx.pch)
add_test(NAME tidy.header COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target ${header})
set_tests_properties(tidy.header PROPERTIES LABELS tidy FIXTURES_SETUP tidy_header)
foreach(target gimbal gimbal_app)
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder} NORMALIZE)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE name)
    add_test(NAME tidy.${name} COMMAND ${CLANG_TIDY} --quiet -p ${PROJECT_BINARY_DIR} ${source})
    set_tests_properties(tidy.${name} PROPERTIES LABELS tidy TIMEOUT 300 FIXTURES_REQUIRED tidy_header)
  endforeach()
endforeach()
