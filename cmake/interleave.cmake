# mtaio::interleave, the checker of interleavings (docs/design/interleave.md). A target that links it is compiled with
# clang's instrumentation for threads, which the library receives in place of ThreadSanitizer's.

# Whether the checker can be built here: it relies on what clang emits, and on what glibc calls, on x86-64.
set(MTAIO_HAS_INTERLEAVE OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19
   AND CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64"
   AND NOT BUILD_SHARED_LIBS AND NOT MTAIO_SANITIZE)
  set(MTAIO_HAS_INTERLEAVE ON)
endif()

# mtaio_interleave_library(): the target mtaio::interleave, and the library behind it.
function(mtaio_interleave_library)
  mtaio_library(mtaio_interleave interleave_alone)
  # Only what links it needs it.
  set_target_properties(layer_interleave mtaio_interleave PROPERTIES EXCLUDE_FROM_ALL ON)
  add_library(mtaio_interleave_use INTERFACE)
  add_library(mtaio::interleave ALIAS mtaio_interleave_use)
  # Whole: the dynamic linker has to find its functions before those of the shared libraries.
  target_link_libraries(mtaio_interleave_use INTERFACE "$<LINK_LIBRARY:WHOLE_ARCHIVE,mtaio_interleave>")
  target_include_directories(mtaio_interleave_use INTERFACE ${PROJECT_SOURCE_DIR}/include)
  # -O1 and -g1: operations stay where the source has them, and their lines are known; nor are equal ones in two
  # branches made one, whose line would be unknown. clang 19 leaves out the accesses to a variable of the own function if
  # it does not see that other threads know this part of it, even if they know the variable; it must see that they may
  # know each variable. All other options of the instrumented code are the target's own.
  target_compile_options(mtaio_interleave_use INTERFACE -fsanitize=thread -O1 -g1 -include mtaio/interleave/pause.hpp
                         "SHELL:-mllvm -tsan-instrument-func-entry-exit=0"
                         "SHELL:-mllvm -simplifycfg-sink-common=false"
                         "SHELL:-mllvm -simplifycfg-hoist-common=false"
                         "SHELL:-mllvm -capture-tracking-max-uses-to-explore=0")
endfunction()
