# `cmake --install` and the wheel: libraries, public headers and the package files behind find_package(TinyTorch) and
# find_package(Torch).

if(NOT TARGET tiny_torch)
  return()
endif()

include(CMakePackageConfigHelpers)
set(_lib ${TINY_TORCH_INSTALL_LIB})
set(_packages ${_lib}/cmake)
if(SKBUILD)
  set(_packages tiny_torch/share/cmake)
endif()
set(_cmake ${_packages}/TinyTorch)

set(_exported tiny_torch)
if(TARGET tiny_torch_static)
  list(APPEND _exported tiny_torch_static)
endif()
install(TARGETS ${_exported} EXPORT TinyTorchTargets LIBRARY DESTINATION ${_lib} ARCHIVE DESTINATION ${_lib})
if(TARGET tiny_torch_cuda)
  install(TARGETS tiny_torch_cuda LIBRARY DESTINATION ${_lib})
endif()
install(FILES ${TINY_TORCH_BUNDLED} DESTINATION ${_lib})
if(SKBUILD AND TARGET tiny_torch_python)
  install(TARGETS tiny_torch_python LIBRARY DESTINATION ${_lib})
  install(TARGETS tiny_torch_C LIBRARY DESTINATION tiny_torch)
  install(FILES "${TINY_TORCH_GENERATED_DIR}/_C.pyi" DESTINATION tiny_torch OPTIONAL)
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION ${TINY_TORCH_INSTALL_ROOT}include OPTIONAL
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${TINY_TORCH_FORWARDING_DIR}/" DESTINATION ${TINY_TORCH_INSTALL_ROOT}include FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/csrc/" DESTINATION ${TINY_TORCH_INSTALL_ROOT}include/tiny_torch
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${TINY_TORCH_GENERATED_DIR}" DESTINATION ${TINY_TORCH_INSTALL_ROOT}include/tiny_torch
        FILES_MATCHING PATTERN "*.h")

install(EXPORT TinyTorchTargets NAMESPACE TinyTorch:: DESTINATION ${_cmake})
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/TinyTorchConfig.cmake.in"
  "${CMAKE_BINARY_DIR}/TinyTorchConfig.cmake" INSTALL_DESTINATION ${_cmake})
write_basic_package_version_file("${CMAKE_BINARY_DIR}/TinyTorchConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/TinyTorchConfig.cmake" "${CMAKE_BINARY_DIR}/TinyTorchConfigVersion.cmake"
        DESTINATION ${_cmake})
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/TorchConfig.cmake.in" "${CMAKE_BINARY_DIR}/TorchConfig.cmake"
  INSTALL_DESTINATION ${_packages}/Torch)
install(FILES "${CMAKE_BINARY_DIR}/TorchConfig.cmake" DESTINATION ${_packages}/Torch)

# The same package files for the source tree, where tiny_torch.utils.cmake_prefix_path looks for them.
if(TINY_TORCH_INPLACE)
  set(_inplace "${TINY_TORCH_PACKAGE_DIR}/share/cmake")
  export(EXPORT TinyTorchTargets NAMESPACE TinyTorch:: FILE "${_inplace}/TinyTorch/TinyTorchTargets.cmake")
  configure_file("${CMAKE_BINARY_DIR}/TinyTorchConfig.cmake" "${_inplace}/TinyTorch/TinyTorchConfig.cmake" COPYONLY)
  configure_file("${CMAKE_BINARY_DIR}/TorchConfig.cmake" "${_inplace}/Torch/TorchConfig.cmake" COPYONLY)
endif()
