# The CUDA backend's compiler and sources, when there are any.

include(DetectCuda)
set(TINY_TORCH_CUDA_SOURCES)
if(TINY_TORCH_CUDA)
  file(GLOB TINY_TORCH_CUDA_SOURCES CONFIGURE_DEPENDS
       "${PROJECT_SOURCE_DIR}/csrc/aten/cuda/*.cu" "${PROJECT_SOURCE_DIR}/csrc/aten/cuda/*.cpp")
  # Checking the CUDA compiler takes seconds, so it is asked for only when there is something to compile.
  if(TINY_TORCH_CUDA_SOURCES)
    set(CMAKE_CUDA_COMPILER "${TINY_TORCH_NVCC}")
    set(CMAKE_CUDA_STANDARD 17)
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 80 90)
    endif()
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
  endif()
endif()
