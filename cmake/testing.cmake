# How programs become tests. Every test has a time limit, so that a hang is a failure.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(mtaio_test_seconds 120)
set(mtaio_test_environment "")
# What runs programs that are compiled for another machine; add_test() puts it before a target by itself.
set(mtaio_emulator "")
if(CMAKE_CROSSCOMPILING)
  set(mtaio_emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
  set(mtaio_test_seconds 300)
  # tests/support/main.cpp, tests/support/stride.hpp
  set(mtaio_test_environment MTAIO_TEST_CASE_SECONDS=240 MTAIO_TEST_STRIDE=4)
endif()
if(MTAIO_SANITIZE)
  set(mtaio_test_seconds 300)
  find_program(MTAIO_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer)
  if(MTAIO_SYMBOLIZER)
    set(symbolizer ":external_symbolizer_path=${MTAIO_SYMBOLIZER}")
  endif()
  # A test case may take four times as long before tests/support/main.cpp calls it a hang.
  set(mtaio_test_environment
      MTAIO_TEST_CASE_SECONDS=240
      "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_init_order=1${symbolizer}"
      "UBSAN_OPTIONS=print_stacktrace=1${symbolizer}"
      "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1${symbolizer}")
endif()

# mtaio_compile_quickly(TARGET): for a program that takes longer to compile than to run. Under sanitizers it is not
# optimised, and compiled in half the time. The library itself is optimised, and so are the programs that do much: model,
# sweeps, histories, soak.
function(mtaio_compile_quickly target)
  if(MTAIO_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# mtaio_add_test(NAME COMMAND...): a CTest test with the time limit and the environment of this build. It runs after the
# test 'canary', which shows whether the compiler can be trusted.
function(mtaio_add_test name)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${mtaio_test_seconds} ENVIRONMENT "${mtaio_test_environment}")
  if(NOT name STREQUAL canary)
    set_tests_properties(${name} PROPERTIES DEPENDS canary)
  endif()
  if(name MATCHES "^(executor|interleave|platform|runtime|soak|sweeps|testing)|/disturbed")
    # These take ten seconds and more: they start first, so that none of them runs alone at the end.
    set_tests_properties(${name} PROPERTIES COST 10)
  endif()
endfunction()

# mtaio_add_checked_program(NAME TARGET EXPECTATION...): runs TARGET under tools/check_program.py, which compares what it
# prints and how it ends.
function(mtaio_add_checked_program name target)
  mtaio_add_test(${name} ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/check_program.py ${ARGN} --
                 ${mtaio_emulator} $<TARGET_FILE:${target}>)
endfunction()
