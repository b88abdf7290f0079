# One C++ test binary, tiny_torch_tests, from tests/cpp/**.cpp.

if(NOT TINY_TORCH_TESTS OR NOT TARGET tiny_torch)
  return()
endif()
enable_testing()
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
target_link_libraries(tiny_torch_tests PRIVATE tiny_torch GTest::gtest GTest::gtest_main Threads::Threads)
set_target_properties(tiny_torch_tests PROPERTIES
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "${TINY_TORCH_LIB_DIR}")
if(TARGET tiny_torch_generated)
  add_dependencies(tiny_torch_tests tiny_torch_generated)
endif()
include(GoogleTest)
gtest_discover_tests(tiny_torch_tests DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
