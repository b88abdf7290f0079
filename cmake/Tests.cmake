# One C++ test binary, tiny_torch_tests, from tests/cpp/**.cpp; the C++ examples, each a test as well.

if(NOT TARGET tiny_torch)
  return()
endif()
enable_testing()

if(TINY_TORCH_EXAMPLES)
  file(GLOB _examples CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/cpp/*/main.cpp")
  foreach(_example IN LISTS _examples)
    get_filename_component(_name "${_example}" DIRECTORY)
    get_filename_component(_name "${_name}" NAME)
    add_executable(example_${_name} "${_example}")
    tiny_torch_target_options(example_${_name})
    target_link_libraries(example_${_name} PRIVATE tiny_torch)
    set_target_properties(example_${_name} PROPERTIES
      BUILD_WITH_INSTALL_RPATH ON
      INSTALL_RPATH "${TINY_TORCH_LIB_DIR}")
    if(TARGET tiny_torch_generated)
      add_dependencies(example_${_name} tiny_torch_generated)
    endif()
    add_test(NAME example_${_name} COMMAND example_${_name})
  endforeach()
endif()

if(NOT TINY_TORCH_TESTS)
  return()
endif()
file(GLOB_RECURSE _tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/cpp/*.cpp")
if(NOT _tests)
  return()
endif()
find_package(GTest QUIET)
if(NOT GTest_FOUND)
  message(STATUS "No C++ tests: GoogleTest is missing (the system package libgtest-dev)")
  return()
endif()

# The tests of the C++ frontend all include the whole public header: it is compiled once for them.
set(_api_tests ${_tests})
list(FILTER _api_tests INCLUDE REGEX "/tests/cpp/api/")
list(REMOVE_ITEM _tests ${_api_tests})
add_library(tiny_torch_api_tests OBJECT ${_api_tests})
target_precompile_headers(tiny_torch_api_tests PRIVATE <gtest/gtest.h> "${PROJECT_SOURCE_DIR}/include/torch/torch.h")

add_executable(tiny_torch_tests ${_tests})
foreach(_target tiny_torch_tests tiny_torch_api_tests)
  tiny_torch_target_options(${_target})
  # What is tested runs optimized; the tests themselves need to compile quickly.
  target_compile_options(${_target} PRIVATE $<$<CONFIG:Release>:-O1>)
  # The tests' own headers are included as "tests/cpp/...".
  target_include_directories(${_target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${_target} PRIVATE tiny_torch GTest::gtest Threads::Threads)
endforeach()
target_link_libraries(tiny_torch_tests PRIVATE tiny_torch_api_tests GTest::gtest_main)
set_target_properties(tiny_torch_tests PROPERTIES
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "${TINY_TORCH_LIB_DIR}")
if(TARGET tiny_torch_generated)
  add_dependencies(tiny_torch_tests tiny_torch_generated)
  add_dependencies(tiny_torch_api_tests tiny_torch_generated)
endif()
include(GoogleTest)
gtest_discover_tests(tiny_torch_tests DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
