# Compiler, linker and flags. IEEE semantics are kept: no -ffast-math, and no contraction, so that SIMD targets agree.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(_type Release)
  if("$ENV{DEBUG}" STREQUAL "1")
    set(_type Debug)
  elseif("$ENV{REL_WITH_DEB_INFO}" STREQUAL "1")
    set(_type RelWithDebInfo)
  endif()
  set(CMAKE_BUILD_TYPE ${_type} CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

include(CheckLinkerFlag)
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  check_linker_flag(CXX -fuse-ld=mold TINY_TORCH_HAS_MOLD)
  if(TINY_TORCH_HAS_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

set_property(GLOBAL PROPERTY JOB_POOLS link=${TINY_TORCH_LINK_JOBS})
set(CMAKE_JOB_POOL_LINK link)

set(_sanitize_flags)
if(TINY_TORCH_SANITIZE)
  set(_sanitize_flags -fsanitize=${TINY_TORCH_SANITIZE} -fno-omit-frame-pointer -g1)
  if(TINY_TORCH_SANITIZE MATCHES "undefined")
    list(APPEND _sanitize_flags -fno-sanitize-recover=undefined)
  endif()
  # Everything in the process is instrumented, third-party static code included.
  add_compile_options(${_sanitize_flags})
  add_link_options(-fsanitize=${TINY_TORCH_SANITIZE})
endif()

# Flags for our own targets only; nanobind and other third-party code keep theirs.
function(tiny_torch_target_options target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -fno-math-errno -fno-trapping-math -ffp-contract=off>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees uninitialised reads in every empty std::optional; the sanitizers find the real ones.
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-fno-semantic-interposition -Wno-psabi -Wno-maybe-uninitialized>)
  endif()
  target_link_options(${target} PRIVATE LINKER:-z,relro LINKER:-z,now)
  if(TINY_TORCH_SANITIZE MATCHES "address|thread")
    target_compile_definitions(${target} PRIVATE TINY_TORCH_SANITIZER)
  endif()
  if(TINY_TORCH_SANITIZE MATCHES "thread")
    target_compile_definitions(${target} PRIVATE TINY_TORCH_NO_OPENMP)
  endif()
endfunction()
