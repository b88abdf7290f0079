# One block at the end of configuring that says what will be built.

string(JOIN ", " _sanitize ${TINY_TORCH_SANITIZE})
if(NOT _sanitize)
  set(_sanitize none)
endif()
message(STATUS "tiny-torch ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
message(STATUS "  Python bindings: ${TINY_TORCH_HAVE_PYTHON} (${Python_EXECUTABLE} ${Python_VERSION})")
message(STATUS "  OpenMP: ${TINY_TORCH_HAVE_OPENMP}, oneDNN: ${TINY_TORCH_HAVE_ONEDNN} ${OneDNN_VERSION}, "
               "Highway: ${TINY_TORCH_HAVE_HIGHWAY} ${Highway_VERSION}")
message(STATUS "  LAPACK to travel with us: ${TINY_TORCH_LAPACK_LIBRARY}")
message(STATUS "  sanitizers: ${_sanitize}, package folder: ${TINY_TORCH_PACKAGE_DIR}")
