# Python (always, for code generation), OpenMP, oneDNN, Highway. A missing optional one is named with its remedy.

if(NOT DEFINED Python_EXECUTABLE AND NOT DEFINED Python_ROOT_DIR AND NOT DEFINED ENV{VIRTUAL_ENV}
   AND EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  set(Python_ROOT_DIR "${PROJECT_SOURCE_DIR}/.venv")
endif()
set(Python_FIND_VIRTUALENV FIRST)
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter OPTIONAL_COMPONENTS Development.Module)

execute_process(COMMAND ${Python_EXECUTABLE} -c "import yaml" RESULT_VARIABLE _no_yaml ERROR_QUIET)
if(_no_yaml)
  message(FATAL_ERROR "The code generator needs PyYAML for ${Python_EXECUTABLE}: `pip install pyyaml` "
                      "(or the system package python3-yaml).")
endif()

find_package(Threads REQUIRED)
set(TINY_TORCH_HAVE_OPENMP OFF)
if(NOT TINY_TORCH_SANITIZE MATCHES "thread")
  find_package(OpenMP COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    set(TINY_TORCH_HAVE_OPENMP ON)
  else()
    message(WARNING "OpenMP not found: parallel_for uses its std::thread backend.")
  endif()
endif()

set(TINY_TORCH_HAVE_ONEDNN OFF)
if(WITH_ONEDNN AND TINY_TORCH_HAVE_OPENMP)
  find_package(OneDNN 3.0)
  if(OneDNN_FOUND)
    set(TINY_TORCH_HAVE_ONEDNN ON)
  else()
    message(WARNING "oneDNN >= 3.0 not found: matrix products and convolutions use the slow reference kernels. "
                    "`pip install onednn-devel-cpu-gomp` into the environment of ${Python_EXECUTABLE} provides it.")
  endif()
endif()

set(TINY_TORCH_HAVE_HIGHWAY OFF)
if(WITH_HIGHWAY)
  find_package(Highway 1.0.3)
  if(Highway_FOUND)
    set(TINY_TORCH_HAVE_HIGHWAY ON)
  else()
    message(WARNING "Google Highway >= 1.0.3 not found: kernels are compiled as scalar code. "
                    "The system package libhwy-dev provides it.")
  endif()
endif()

# LAPACK is opened at run time, on first use: only a copy to travel with us is looked for.
set(TINY_TORCH_LAPACK_LIBRARY)
if(WITH_LAPACK)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c "import scipy_openblas32 as b; print(b.get_lib_dir() + '/' + b.get_library(fullname=True))"
    OUTPUT_VARIABLE _openblas OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(_openblas AND EXISTS "${_openblas}")
    set(TINY_TORCH_LAPACK_LIBRARY "${_openblas}")
  else()
    message(WARNING "OpenBLAS not found: linear algebra will look for a LAPACK of the system when it is first used. "
                    "`pip install scipy-openblas32` into the environment of ${Python_EXECUTABLE} provides one.")
  endif()
endif()
