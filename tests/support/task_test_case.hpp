/// Test cases that are tasks.
#pragma once

#include <mtaio/runtime.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace test {

/// On one thread: returns when every other task has ended or waits for something that none of them
/// brings.
inline mtaio::Task<void> let_others_run() {
  constexpr int kBudget =
      16;  // more than any of the tests needs from one wake-up to the last that follows from it
  for (int i = 0; i < kBudget; ++i) co_await mtaio::sleep(std::chrono::seconds{0});
}

}  // namespace test

/// TASK_TEST_CASE("sentence") { ... co_await ...; } runs as the main task of a runtime with one
/// thread, so that the order of what happens is always the same.
#define TASK_TEST_CASE(sentence) TASK_TEST_CASE_NAMED(DOCTEST_ANONYMOUS(task_test_case_), sentence)
#define TASK_TEST_CASE_NAMED(body, sentence)                  \
  mtaio::Task<void> body();                                   \
  TEST_CASE(sentence) { mtaio::run(body(), {.threads = 1}); } \
  mtaio::Task<void> body()
