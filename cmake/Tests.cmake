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

add_executable(tiny_torch_tests ${_tests})
tiny_torch_target_options(tiny_torch_tests)
# The tests' own headers are included as "tests/cpp/...".
target_include_directories(tiny_torch_tests PRIVATE "${PROJECT_SOURCE_DIR}")
target_link_libraries(tiny_torch_tests PRIVATE tiny_torch GTest::gtest GTest::gtest_main Threads::Threads)
set_target_properties(tiny_torch_tests PROPERTIES
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "${TINY_TORCH_LIB_DIR}")
if(TARGET tiny_torch_generated)
  add_dependencies(tiny_torch_tests tiny_torch_generated)
endif()
include(GoogleTest)
gtest_discover_tests(tiny_torch_tests DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
