# Writes the headers listed in include/forwarding.txt, each a line that includes another one, into build/forwarding.

set(TINY_TORCH_FORWARDING_DIR "${CMAKE_BINARY_DIR}/forwarding")
set(_table "${PROJECT_SOURCE_DIR}/include/forwarding.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_table}")

set(_wanted)
file(STRINGS "${_table}" _lines REGEX "<-")
foreach(_line IN LISTS _lines)
  if(_line MATCHES "^#")
    continue()
  endif()
  if(NOT _line MATCHES "^([^ ]+) <- ([^ :]+): ([^:]+)$")
    message(FATAL_ERROR "include/forwarding.txt: expected `ours <- folder: names`, got `${_line}`")
  endif()
  set(_ours "${CMAKE_MATCH_1}")
  set(_folder "${CMAKE_MATCH_2}")
  string(REGEX MATCHALL "[^ ]+" _names "${CMAKE_MATCH_3}")
  foreach(_name IN LISTS _names)
    set(_file "${TINY_TORCH_FORWARDING_DIR}/${_folder}/${_name}.h")
    list(APPEND _wanted "${_file}")
    # Left alone where nothing changed, so that nothing is rebuilt.
    file(CONFIGURE OUTPUT "${_file}" CONTENT "#pragma once\n\n#include <${_ours}>\n" @ONLY)
  endforeach()
endforeach()

# A header that left the table leaves the folder.
file(GLOB_RECURSE _there "${TINY_TORCH_FORWARDING_DIR}/*.h")
foreach(_file IN LISTS _there)
  if(NOT _file IN_LIST _wanted)
    file(REMOVE "${_file}")
  endif()
endforeach()
