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

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G Ninja -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
if(NOT out STREQUAL "gimbal ${VERSION}: 3 patches\n")
  message(FATAL_ERROR "the consumer of the library says '${out}'")
endif()
