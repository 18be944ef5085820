# SPDX-License-Identifier: GPL-3.0-or-later
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE out COMMAND_ERROR_IS_FATAL ANY)
  set(out "${out}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${WORK}/prefix/bin/gimbal --version)
if(NOT out STREQUAL "gimbal ${VERSION}\n")
  message(FATAL_ERROR "the installed program says '${out}'")
endif()

run(${WORK}/prefix/lib/gimbal/relion/relion_run_motioncorr --version)
if(NOT out STREQUAL "gimbal ${VERSION}\n")
  message(FATAL_ERROR "the link for RELION says '${out}'")
endif()

# The library: the example, built against what was installed, on a series that the installed program
# has made.
run(${CMAKE_COMMAND} -S ${EXAMPLES} -B ${WORK}/build -G Ninja -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
set(gimbal ${WORK}/prefix/bin/gimbal)
file(MAKE_DIRECTORY ${WORK}/project)
function(run_in_project)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK}/project OUTPUT_VARIABLE out
                  COMMAND_ERROR_IS_FATAL ANY)
  set(out "${out}" PARENT_SCOPE)
endfunction()
run_in_project(${gimbal} simulate --preset tiny --nx 384 --ny 384 --tilt_min -40 --tilt_max 40
               --tilt_step 8 --frames 3 --o .)
run_in_project(${gimbal} import --movies frames/*.mrc --mdoc mdoc/*.mdoc --angpix 10.8 --dose 3
               --tilt_axis 85 --o Import/job001/)
run_in_project(${gimbal} motion --i Import/job001/tilt_series.star --o MotionCorr/job002/)
run_in_project(${WORK}/build/align_beads MotionCorr/job002/corrected_tilt_series.star 10)
if(NOT out MATCHES "^TS_01: score 0\\.[0-9]+, leave-out error ([0-9.]+) A, ([0-9]+) beads\n$"
   OR CMAKE_MATCH_1 GREATER 5 OR CMAKE_MATCH_2 LESS 8)
  message(FATAL_ERROR "the example says '${out}'")
endif()
