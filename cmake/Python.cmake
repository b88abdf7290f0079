# libtiny_torch_python.so (all bindings) and _C, the thin extension module that Python imports.

set(TINY_TORCH_HAVE_PYTHON OFF)
if(NOT TINY_TORCH_PYTHON STREQUAL "AUTO" AND NOT TINY_TORCH_PYTHON)
  return()
endif()

execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir
                OUTPUT_VARIABLE _nanobind_dir OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE _no_nanobind ERROR_QUIET)
set(_missing)
if(_no_nanobind)
  set(_missing "nanobind (`pip install nanobind`)")
elseif(NOT Python_Development.Module_FOUND)
  set(_missing "Python.h (the system package python3-dev)")
endif()
if(_missing)
  if(TINY_TORCH_PYTHON STREQUAL "AUTO")
    message(STATUS "No Python bindings: ${_missing} is missing for ${Python_EXECUTABLE}")
    return()
  endif()
  message(FATAL_ERROR "TINY_TORCH_PYTHON=ON, but ${_missing} is missing for ${Python_EXECUTABLE}")
endif()

file(GLOB _bindings CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/csrc/python/*.cpp")
set(_stub "${PROJECT_SOURCE_DIR}/csrc/python/stub.cpp")
list(REMOVE_ITEM _bindings "${_stub}")
if(NOT TARGET tiny_torch OR NOT EXISTS "${_stub}" OR NOT _bindings)
  message(STATUS "No Python bindings: csrc/python has no sources yet")
  return()
endif()
set(TINY_TORCH_HAVE_PYTHON ON)

# nanobind asks for these through its package file; the result is a static library inside ours.
find_package(nanobind CONFIG REQUIRED PATHS "${_nanobind_dir}" NO_DEFAULT_PATH)
nanobind_build_library(nanobind-static AS_SYSINCLUDE)

add_library(tiny_torch_python SHARED ${_bindings} ${TINY_TORCH_GENERATED_PYTHON})
tiny_torch_target_options(tiny_torch_python)
target_include_directories(tiny_torch_python PRIVATE "${PROJECT_SOURCE_DIR}/csrc")
target_link_libraries(tiny_torch_python PRIVATE tiny_torch nanobind-static)
target_compile_options(tiny_torch_python PRIVATE -fno-strict-aliasing)
set_target_properties(tiny_torch_python PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY "${TINY_TORCH_LIB_DIR}"
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "$ORIGIN")
if(TARGET tiny_torch_generated)
  add_dependencies(tiny_torch_python tiny_torch_generated)
endif()

Python_add_library(tiny_torch_C MODULE WITH_SOABI "${_stub}")
target_link_libraries(tiny_torch_C PRIVATE tiny_torch_python)
set_target_properties(tiny_torch_C PROPERTIES
  OUTPUT_NAME _C
  LIBRARY_OUTPUT_DIRECTORY "${TINY_TORCH_PACKAGE_DIR}"
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "$ORIGIN/lib")
