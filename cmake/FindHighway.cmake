# Finds Google Highway on the system. Defines Highway_FOUND, Highway_VERSION, Highway_LIBRARY and Highway::hwy.
# Kernels are compiled for a baseline, AVX2 and AVX-512; the targets between them would only cost build time.

find_path(Highway_INCLUDE_DIR hwy/highway.h)
find_library(Highway_LIBRARY hwy)

set(Highway_VERSION)
if(Highway_INCLUDE_DIR)
  set(_version_header "${Highway_INCLUDE_DIR}/hwy/base.h")
  if(EXISTS "${Highway_INCLUDE_DIR}/hwy/highway.h")
    file(STRINGS "${Highway_INCLUDE_DIR}/hwy/highway.h" _lines REGEX "define HWY_(MAJOR|MINOR|PATCH) [0-9]+")
    if(NOT _lines)
      file(STRINGS "${_version_header}" _lines REGEX "define HWY_(MAJOR|MINOR|PATCH) [0-9]+")
    endif()
    string(REGEX REPLACE "[^0-9;]" "" _numbers "${_lines}")
    string(REPLACE ";" "." Highway_VERSION "${_numbers}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Highway
  REQUIRED_VARS Highway_LIBRARY Highway_INCLUDE_DIR VERSION_VAR Highway_VERSION)
mark_as_advanced(Highway_LIBRARY Highway_INCLUDE_DIR)

if(Highway_FOUND AND NOT TARGET Highway::hwy)
  add_library(Highway::hwy UNKNOWN IMPORTED)
  set(_disabled "HWY_SSSE3|HWY_SSE4")
  if(Highway_VERSION VERSION_GREATER_EQUAL 1.0.4)
    string(APPEND _disabled "|HWY_AVX3_DL|HWY_AVX3_ZEN4")
  else()
    string(APPEND _disabled "|HWY_AVX3_DL")
  endif()
  if(Highway_VERSION VERSION_GREATER_EQUAL 1.0.6)
    string(APPEND _disabled "|HWY_AVX3_SPR")
  endif()
  set(_definitions "HWY_DISABLED_TARGETS=(${_disabled})")
  if(Highway_LIBRARY MATCHES "\\.so")
    list(APPEND _definitions HWY_SHARED_DEFINE)
  endif()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(REMOVE_AT _definitions 0)
  endif()
  set_target_properties(Highway::hwy PROPERTIES
    IMPORTED_LOCATION "${Highway_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Highway_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS "${_definitions}")
endif()
