# Finds oneDNN: in the PyPI package onednn-devel-cpu-gomp of the Python environment, else on the system.
# Defines OneDNN_FOUND, OneDNN_VERSION, OneDNN_LIBRARY (the real file), OneDNN_INCLUDE_DIR and the target OneDNN::dnnl.

set(_script [[
import importlib.metadata as metadata
for name in ("onednn-devel-cpu-gomp", "onednn-cpu-gomp"):
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        continue
    for file in files:
        if file.name == "dnnl.hpp" and file.parent.name == "include":
            print("include=%s" % file.locate().resolve().parent)
        if file.name == "libdnnl.so.3":
            print("library=%s" % file.locate().resolve())
]])
execute_process(COMMAND ${Python_EXECUTABLE} -c "${_script}" OUTPUT_VARIABLE _found ERROR_QUIET)
set(_wheel_include)
set(_wheel_library)
if(_found MATCHES "include=([^\n]+)")
  set(_wheel_include "${CMAKE_MATCH_1}")
endif()
if(_found MATCHES "library=([^\n]+)")
  set(_wheel_library "${CMAKE_MATCH_1}")
endif()

# An isolated package build gets a fresh environment each time: paths cached from the last one must not survive.
foreach(_var OneDNN_INCLUDE_DIR OneDNN_LIBRARY)
  if(${_var} AND NOT EXISTS "${${_var}}")
    unset(${_var} CACHE)
  endif()
endforeach()

if(_wheel_include AND _wheel_library)
  set(OneDNN_INCLUDE_DIR "${_wheel_include}" CACHE PATH "Folder of dnnl.hpp")
  set(OneDNN_LIBRARY "${_wheel_library}" CACHE FILEPATH "libdnnl.so")
else()
  find_path(OneDNN_INCLUDE_DIR dnnl.hpp)
  find_library(OneDNN_LIBRARY NAMES libdnnl.so.3 dnnl)
endif()

set(OneDNN_VERSION)
foreach(_header oneapi/dnnl/dnnl_version.h dnnl_version.h)
  if(NOT OneDNN_VERSION AND OneDNN_INCLUDE_DIR AND EXISTS "${OneDNN_INCLUDE_DIR}/${_header}")
    file(STRINGS "${OneDNN_INCLUDE_DIR}/${_header}" _lines REGEX "define DNNL_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
    string(REGEX REPLACE "[^0-9;]" "" _numbers "${_lines}")
    string(REPLACE ";" "." OneDNN_VERSION "${_numbers}")
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR VERSION_VAR OneDNN_VERSION)
mark_as_advanced(OneDNN_LIBRARY OneDNN_INCLUDE_DIR)

if(OneDNN_FOUND AND NOT TARGET OneDNN::dnnl)
  add_library(OneDNN::dnnl SHARED IMPORTED)
  set_target_properties(OneDNN::dnnl PROPERTIES
    IMPORTED_LOCATION "${OneDNN_LIBRARY}"
    IMPORTED_SONAME libdnnl.so.3
    INTERFACE_INCLUDE_DIRECTORIES "${OneDNN_INCLUDE_DIR}")
endif()
