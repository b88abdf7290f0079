# Runs tools/gen_ops, which turns csrc/aten/ops/*.yaml into build/generated/. The first run happens while configuring,
# so that the list of outputs is what the generator wrote; later runs are one build step. The generator leaves a file
# alone whose content did not change, and Ninja (restat) then rebuilds nothing that depends on it.

set(TINY_TORCH_GENERATED_DIR "${CMAKE_BINARY_DIR}/generated")
file(GLOB _op_lists CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/csrc/aten/ops/*.yaml")
file(GLOB_RECURSE _generator CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tools/gen_ops/*.py")
set(_extra_args)
set(TINY_TORCH_EXTRA_SOURCES)
if(TINY_TORCH_EXTRA_OPS)
  get_filename_component(_extra_dir "${TINY_TORCH_EXTRA_OPS}" ABSOLUTE BASE_DIR "${PROJECT_SOURCE_DIR}")
  file(GLOB _extra_lists CONFIGURE_DEPENDS "${_extra_dir}/*.yaml")
  file(GLOB TINY_TORCH_EXTRA_SOURCES CONFIGURE_DEPENDS "${_extra_dir}/*.cpp")
  list(APPEND _op_lists ${_extra_lists})
  set(_extra_args --extra "${_extra_dir}")
endif()

set(TINY_TORCH_GENERATED_CORE)
set(TINY_TORCH_GENERATED_PYTHON)
set(TINY_TORCH_GENERATED_FILES)
if(NOT _op_lists OR NOT _generator)
  message(STATUS "No op lists or no generator: nothing to generate")
else()
  set(_generate ${Python_EXECUTABLE} -m tools.gen_ops --ops "${PROJECT_SOURCE_DIR}/csrc/aten/ops"
                --out "${TINY_TORCH_GENERATED_DIR}" ${_extra_args})

  # A changed set of outputs needs a new file list, so the generator itself is a dependency of configuring.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_generator})
  execute_process(COMMAND ${_generate} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" RESULT_VARIABLE _failed)
  if(_failed)
    message(FATAL_ERROR "Code generation failed (the message is above): ${_generate}")
  endif()

  file(GLOB_RECURSE TINY_TORCH_GENERATED_FILES "${TINY_TORCH_GENERATED_DIR}/*.h" "${TINY_TORCH_GENERATED_DIR}/*.cpp"
       "${TINY_TORCH_GENERATED_DIR}/*.inc" "${TINY_TORCH_GENERATED_DIR}/*.pyi" "${TINY_TORCH_GENERATED_DIR}/*.md"
       "${TINY_TORCH_GENERATED_DIR}/*.json")
  list(REMOVE_ITEM TINY_TORCH_GENERATED_FILES "${TINY_TORCH_GENERATED_DIR}/config.h")
  foreach(_file IN LISTS TINY_TORCH_GENERATED_FILES)
    if(_file MATCHES "/generated/python/.*\\.cpp$")
      list(APPEND TINY_TORCH_GENERATED_PYTHON "${_file}")
    elseif(_file MATCHES "\\.cpp$")
      list(APPEND TINY_TORCH_GENERATED_CORE "${_file}")
    endif()
  endforeach()

  # A front may ignore an argument that its schema has to have.
  set_source_files_properties(${TINY_TORCH_GENERATED_CORE} PROPERTIES COMPILE_OPTIONS -Wno-unused-parameter)

  set(_copy_stubs)
  if(TINY_TORCH_INPLACE)
    set(_copy_stubs COMMAND ${CMAKE_COMMAND} -E copy_if_different "${TINY_TORCH_GENERATED_DIR}/_C.pyi"
                            "${PROJECT_SOURCE_DIR}/tiny_torch/_C.pyi")
  endif()
  set(_stamp "${CMAKE_BINARY_DIR}/generated.stamp")
  add_custom_command(
    OUTPUT "${_stamp}"
    BYPRODUCTS ${TINY_TORCH_GENERATED_FILES}
    COMMAND ${_generate}
    ${_copy_stubs}
    COMMAND ${CMAKE_COMMAND} -E touch "${_stamp}"
    DEPENDS ${_op_lists} ${_generator}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Generating code from the op lists"
    VERBATIM)
  add_custom_target(tiny_torch_generated DEPENDS "${_stamp}")
endif()

configure_file("${PROJECT_SOURCE_DIR}/cmake/config.h.in" "${TINY_TORCH_GENERATED_DIR}/config.h" @ONLY)
