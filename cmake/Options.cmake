# Every switch of the build. Environment variables of the same name are read on the first configure only.

function(tiny_torch_env_default var default)
  foreach(name IN LISTS ARGN)
    if(DEFINED ENV{${name}} AND NOT "$ENV{${name}}" STREQUAL "")
      set(default "$ENV{${name}}")
      break()
    endif()
  endforeach()
  set(${var} "${default}" PARENT_SCOPE)
endfunction()

tiny_torch_env_default(_cuda AUTO WITH_CUDA CUDA)
if(_cuda STREQUAL "1")
  set(_cuda ON)
elseif(_cuda STREQUAL "0")
  set(_cuda OFF)
endif()
set(WITH_CUDA ${_cuda} CACHE STRING "Build the CUDA backend: AUTO (when nvcc is found), ON or OFF")
set_property(CACHE WITH_CUDA PROPERTY STRINGS AUTO ON OFF)

tiny_torch_env_default(_onednn ON WITH_ONEDNN)
option(WITH_ONEDNN "Use oneDNN for matrix products, convolutions and RNNs when it is found" ${_onednn})
tiny_torch_env_default(_highway ON WITH_HIGHWAY)
option(WITH_HIGHWAY "Use Google Highway for SIMD; OFF compiles the same kernels as scalar code" ${_highway})

option(TINY_TORCH_FETCH "Fetch Highway's source when it is not installed" ON)

set(TINY_TORCH_PYTHON AUTO CACHE STRING "Build the Python bindings: AUTO (when nanobind and Python.h are found), ON or OFF")
set_property(CACHE TINY_TORCH_PYTHON PROPERTY STRINGS AUTO ON OFF)
option(TINY_TORCH_STATIC "Build libtiny_torch_static.a as well" OFF)
option(TINY_TORCH_TESTS "Build the C++ tests when GoogleTest is found" ON)
option(TINY_TORCH_EXAMPLES "Build the C++ examples" OFF)
set(TINY_TORCH_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, 'address,undefined' or 'thread'")
set(TINY_TORCH_EXTRA_OPS "" CACHE PATH "A folder with further op lists (*.yaml) and their sources (*.cpp)")
set(TINY_TORCH_LINK_JOBS 1 CACHE STRING "How many links run at once (Ninja)")

# Only the ordinary build folder writes into the source tree's package, so that a sanitizer build never replaces it.
set(_inplace OFF)
if(NOT SKBUILD AND NOT TINY_TORCH_SANITIZE AND CMAKE_BINARY_DIR STREQUAL "${CMAKE_SOURCE_DIR}/build")
  set(_inplace ON)
endif()
option(TINY_TORCH_INPLACE "Put the libraries into the source tree's tiny_torch/, importable from there" ${_inplace})
