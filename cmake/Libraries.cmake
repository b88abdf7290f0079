# libtiny_torch.so, libtiny_torch_cuda.so and the shared libraries that travel beside them, all found by $ORIGIN.

if(TINY_TORCH_INPLACE)
  set(TINY_TORCH_PACKAGE_DIR "${PROJECT_SOURCE_DIR}/tiny_torch")
else()
  set(TINY_TORCH_PACKAGE_DIR "${CMAKE_BINARY_DIR}/tiny_torch")
endif()
set(TINY_TORCH_LIB_DIR "${TINY_TORCH_PACKAGE_DIR}/lib")

# In a wheel everything lies inside the Python package, so that one folder is the whole installation.
include(GNUInstallDirs)
set(TINY_TORCH_INSTALL_ROOT)
set(TINY_TORCH_INSTALL_LIB ${CMAKE_INSTALL_LIBDIR})
if(SKBUILD)
  set(TINY_TORCH_INSTALL_ROOT tiny_torch/)
  set(TINY_TORCH_INSTALL_LIB tiny_torch/lib)
endif()

# Copies a shared library under its soname into our lib folder, without symbols that only a debugger reads.
set(TINY_TORCH_BUNDLED)
function(tiny_torch_bundle file soname)
  get_filename_component(real "${file}" REALPATH)
  set(copy "${TINY_TORCH_LIB_DIR}/${soname}")
  add_custom_command(
    OUTPUT "${copy}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${TINY_TORCH_LIB_DIR}"
    COMMAND ${CMAKE_STRIP} --strip-unneeded -o "${copy}" "${real}"
    DEPENDS "${real}"
    COMMENT "Copying ${soname}"
    VERBATIM)
  set(TINY_TORCH_BUNDLED ${TINY_TORCH_BUNDLED} "${copy}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE _core CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/csrc/*.cpp")
list(FILTER _core EXCLUDE REGEX "/csrc/(python|aten/cuda)/")
if(NOT TINY_TORCH_HAVE_ONEDNN)
  list(FILTER _core EXCLUDE REGEX "/csrc/aten/onednn/")
endif()

if(NOT _core)
  message(STATUS "No C++ sources yet: no library is built")
  return()
endif()

# Compiled once, linked into the shared and, on request, the static library.
add_library(tiny_torch_objects OBJECT ${_core} ${TINY_TORCH_GENERATED_CORE} ${TINY_TORCH_EXTRA_SOURCES})
tiny_torch_target_options(tiny_torch_objects)
target_compile_definitions(tiny_torch_objects PRIVATE TINY_TORCH_BUILD)
target_include_directories(tiny_torch_objects PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/csrc>
  $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}>)
if(TARGET tiny_torch_generated)
  add_dependencies(tiny_torch_objects tiny_torch_generated)
endif()

set(_link Threads::Threads ${CMAKE_DL_LIBS})
set(_hwy_objects)
if(TINY_TORCH_HAVE_OPENMP)
  target_link_libraries(tiny_torch_objects PRIVATE OpenMP::OpenMP_CXX)
  list(APPEND _link OpenMP::OpenMP_CXX)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libgomp.so.1
                  OUTPUT_VARIABLE _gomp OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(EXISTS "${_gomp}")
    tiny_torch_bundle("${_gomp}" libgomp.so.1)
  endif()
endif()
if(TINY_TORCH_HAVE_ONEDNN)
  target_link_libraries(tiny_torch_objects PRIVATE OneDNN::dnnl)
  list(APPEND _link OneDNN::dnnl)
  tiny_torch_bundle("${OneDNN_LIBRARY}" libdnnl.so.3)
endif()
if(TINY_TORCH_LAPACK_LIBRARY)
  tiny_torch_bundle("${TINY_TORCH_LAPACK_LIBRARY}" libscipy_openblas.so)
endif()
if(TINY_TORCH_HAVE_HIGHWAY)
  if(TARGET tiny_torch_hwy)
    # Compiled from source: its objects become part of our library.
    target_include_directories(tiny_torch_objects SYSTEM PRIVATE "${Highway_INCLUDE_DIR}")
    target_compile_definitions(tiny_torch_objects PRIVATE
      $<TARGET_PROPERTY:tiny_torch_hwy,INTERFACE_COMPILE_DEFINITIONS>)
    set(_hwy_objects $<TARGET_OBJECTS:tiny_torch_hwy>)
  else()
    target_link_libraries(tiny_torch_objects PRIVATE Highway::hwy)
    list(APPEND _link Highway::hwy)
    if(Highway_LIBRARY MATCHES "\\.so")
      tiny_torch_bundle("${Highway_LIBRARY}" libhwy.so.1)
    endif()
  endif()
endif()
add_custom_target(tiny_torch_bundled DEPENDS ${TINY_TORCH_BUNDLED})

# What every program that links one of our libraries sees.
function(tiny_torch_public_interface target)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${TINY_TORCH_FORWARDING_DIR}>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/csrc>
    $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}>
    $<INSTALL_INTERFACE:${TINY_TORCH_INSTALL_ROOT}include>
    $<INSTALL_INTERFACE:${TINY_TORCH_INSTALL_ROOT}include/tiny_torch>)
  target_compile_features(${target} INTERFACE cxx_std_17)
endfunction()

add_library(tiny_torch SHARED $<TARGET_OBJECTS:tiny_torch_objects> ${_hwy_objects})
add_library(TinyTorch::tiny_torch ALIAS tiny_torch)
tiny_torch_target_options(tiny_torch)
tiny_torch_public_interface(tiny_torch)
target_link_libraries(tiny_torch PRIVATE ${_link})
if(NOT TINY_TORCH_SANITIZE)
  target_link_options(tiny_torch PRIVATE LINKER:--no-undefined)
endif()
set_target_properties(tiny_torch PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY "${TINY_TORCH_LIB_DIR}"
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "$ORIGIN"
  LINKER_LANGUAGE CXX)
add_dependencies(tiny_torch tiny_torch_bundled)

if(TINY_TORCH_STATIC)
  add_library(tiny_torch_static STATIC $<TARGET_OBJECTS:tiny_torch_objects> ${_hwy_objects})
  add_library(TinyTorch::tiny_torch_static ALIAS tiny_torch_static)
  tiny_torch_public_interface(tiny_torch_static)
  set_target_properties(tiny_torch_static PROPERTIES
    ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}" LINKER_LANGUAGE CXX)
  # Operators register themselves from static initializers, which a linker drops unless told to keep them.
  set(_installed "$<INSTALL_PREFIX>/${TINY_TORCH_INSTALL_LIB}")
  target_link_options(tiny_torch_static INTERFACE
    "$<BUILD_INTERFACE:LINKER:--whole-archive,$<TARGET_FILE:tiny_torch_static>,--no-whole-archive>"
    "$<INSTALL_INTERFACE:LINKER:--whole-archive,${_installed}/libtiny_torch_static.a,--no-whole-archive>")
  set(_installed_link Threads::Threads ${CMAKE_DL_LIBS})
  if(TINY_TORCH_HAVE_OPENMP)
    list(APPEND _installed_link OpenMP::OpenMP_CXX)
  endif()
  foreach(_file IN LISTS TINY_TORCH_BUNDLED)
    get_filename_component(_name "${_file}" NAME)
    if(NOT _name MATCHES "^lib(gomp.so.1|scipy_openblas.so)$")
      list(APPEND _installed_link "${_installed}/${_name}")
    endif()
  endforeach()
  target_link_libraries(tiny_torch_static INTERFACE
    "$<BUILD_INTERFACE:${_link}>" "$<INSTALL_INTERFACE:${_installed_link}>")
  add_dependencies(tiny_torch_static tiny_torch_bundled)
endif()

if(TINY_TORCH_CUDA AND TINY_TORCH_CUDA_SOURCES)
  add_library(tiny_torch_cuda SHARED ${TINY_TORCH_CUDA_SOURCES})
  tiny_torch_target_options(tiny_torch_cuda)
  target_link_libraries(tiny_torch_cuda PRIVATE tiny_torch CUDA::cudart CUDA::cublas)
  set_target_properties(tiny_torch_cuda PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY "${TINY_TORCH_LIB_DIR}"
    BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH "$ORIGIN")
endif()
