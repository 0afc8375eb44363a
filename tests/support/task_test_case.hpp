/// Test cases that are tasks.
#pragma once

#include <mtaio/runtime.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>

namespace test {

/// The options of a runtime with `threads` threads. With one, the code between two co_awaits runs
/// without interruption, so the order of everything is known.
inline mtaio::RuntimeOptions with_workers(std::size_t threads = 1) { return {.threads = threads}; }

/// On one thread: returns when every other task has ended, or waits for something that none of them
/// provides.
inline mtaio::Task<void> let_others_run() {
  // More than any of the tests needs from one wake-up to the last that follows from it.
  constexpr int kYields = 16;
  for (int i = 0; i < kYields; ++i) co_await mtaio::sleep(std::chrono::seconds{0});
}

}  // namespace test

/// TASK_TEST_CASE("sentence") { ... co_await ...; } runs as the main task of a runtime with one
/// thread, so that the order of what happens is always the same; TASK_TEST_CASE("sentence", 4) runs
/// with four threads. In an unnamed namespace.
#define TASK_TEST_CASE(sentence, ...) \
  TASK_TEST_CASE_NAMED(DOCTEST_ANONYMOUS(task_test_case_), sentence, __VA_ARGS__)
#define TASK_TEST_CASE_NAMED(body, sentence, ...)                              \
  mtaio::Task<void> body();                                                    \
  TEST_CASE(sentence) { mtaio::run(body(), test::with_workers(__VA_ARGS__)); } \
  mtaio::Task<void> body()
