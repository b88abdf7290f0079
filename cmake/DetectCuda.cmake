# Sets TINY_TORCH_CUDA from WITH_CUDA (AUTO, ON, OFF) and from whether nvcc is found, and says so in exactly one line.
# Runs on its own as well: cmake -DWITH_CUDA=AUTO -P cmake/DetectCuda.cmake

if(NOT DEFINED TINY_TORCH_CUDA_DIRS)
  set(TINY_TORCH_CUDA_DIRS /usr/local/cuda/bin)
endif()
find_program(TINY_TORCH_NVCC nvcc HINTS "$ENV{CUDA_HOME}/bin" "$ENV{CUDA_PATH}/bin" ${TINY_TORCH_CUDA_DIRS}
             NO_CMAKE_SYSTEM_PATH)
mark_as_advanced(TINY_TORCH_NVCC)

set(TINY_TORCH_CUDA OFF)
if(NOT WITH_CUDA STREQUAL "AUTO" AND NOT WITH_CUDA)
  message("CUDA not available, using CPU-only build")
elseif(TINY_TORCH_NVCC)
  set(TINY_TORCH_CUDA ON)
  message("CUDA automatically detected and enabled")
elseif(WITH_CUDA STREQUAL "AUTO")
  message("CUDA not available, using CPU-only build")
else()
  message("Warning: CUDA requested but nvcc not found, falling back to CPU-only build")
endif()
