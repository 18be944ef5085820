# SPDX-License-Identifier: GPL-3.0-or-later
# Lets the program write its manual: cmake -DGIMBAL=program -DOUT=folder -P write-manual.cmake
# leaves man1/gimbal.1, man1/gimbal-<command>.1, and the completion for bash as `gimbal`.
function(write file)
  execute_process(COMMAND ${GIMBAL} help ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${OUT}/${file} "${text}")
endfunction()

file(REMOVE_RECURSE ${OUT})
write(gimbal --bash)
write(man1/gimbal.1 --man)
execute_process(COMMAND ${GIMBAL} help --commands OUTPUT_VARIABLE commands
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" commands "${commands}")
foreach(command ${commands})
  write(man1/gimbal-${command}.1 --man ${command})
endforeach()
