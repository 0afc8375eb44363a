# Most of the time that a test takes to compile goes into headers and into templates of the library. With
# MTAIO_UNITY_BUILD up to eight files of a target are included into one that is compiled in their place, and headers that
# many programs include are compiled once. A file that does not include what it needs is found by `./dev lint`, which
# looks at each file and each header by itself.

# mtaio_join_layer(TARGET): for files whose private names are unlike each other.
function(mtaio_join_layer target)
  if(MTAIO_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
    # What is hidden may be another file's.
    target_compile_options(${target} PRIVATE -Wno-shadow)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # It takes an anonymous namespace in a file that is included for one in a header.
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endif()
  endif()
endfunction()

# mtaio_join_tests(TARGET): for files that have everything in an anonymous namespace, and need not know of each other's
# names. Each is included into a namespace of its own, after the headers of all of them. A file that has a namespace with
# a name, or replaces `operator new`, is compiled alone.
function(mtaio_join_tests target)
  if(NOT MTAIO_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  set(includes "")
  foreach(source IN LISTS sources)
    # Its namespaces and includes may change.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} alone REGEX "^(namespace [a-z0-9_:]+ {|#include \"support/counting_new.hpp\")")
    if(alone)
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    else()
      file(STRINGS ${source} lines REGEX "^#include ")
      list(TRANSFORM lines REPLACE "^(#include [<\"][^>\"]+[>\"]).*" "\\1")
      list(APPEND includes ${lines})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES includes)
  list(JOIN includes "\n" includes)
  mtaio_join_layer(${target})
  set_target_properties(
    ${target}
    PROPERTIES UNITY_BUILD_UNIQUE_ID MTAIO_JOINED_FILE
               UNITY_BUILD_CODE_BEFORE_INCLUDE "${includes}\nnamespace MTAIO_JOINED_FILE {"
               UNITY_BUILD_CODE_AFTER_INCLUDE "}")
endfunction()

# mtaio_precompile(TARGET HEADER...): for files that use the same private names. The headers that all of them include are
# compiled once.
function(mtaio_precompile target)
  if(MTAIO_UNITY_BUILD)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# mtaio_precompile_for_programs(NAME HEADER...): compiles headers for the programs that mtaio_reuse_precompiled() names.
function(mtaio_precompile_for_programs name)
  if(MTAIO_UNITY_BUILD)
    # Not a library: its code would be made for a shared one, and then programs cannot use its headers.
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "int main() {}\n")
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
                                               ${CMAKE_CURRENT_SOURCE_DIR})
    target_precompile_headers(${name} PRIVATE ${ARGN})
  endif()
endfunction()

# mtaio_reuse_precompiled(TARGET NAME): TARGET, a program, has to have the definitions of NAME.
function(mtaio_reuse_precompiled target name)
  if(MTAIO_UNITY_BUILD)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
