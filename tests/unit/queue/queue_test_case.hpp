/// What the tests of the queues share.
#pragma once

#include <mtaio/async_queue.hpp>
#include <mtaio/lifo_queue.hpp>
#include <mtaio/priority_queue.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <utility>

namespace test {

template <class Queue>
mtaio::Task<typename Queue::value_type> get_from(Queue& queue) {
  co_return co_await queue.get();
}
template <class Queue>
mtaio::Task<std::optional<typename Queue::value_type>> next_from(Queue& queue) {
  co_return co_await queue.next();
}
template <class Queue>
mtaio::Task<void> put_into(Queue& queue, typename Queue::value_type item) {
  co_await queue.put(std::move(item));
}
template <class Queue>
mtaio::Task<void> join(Queue& queue) {
  co_await queue.join();
}

}  // namespace test

/// QUEUE_TEST_CASE("sentence") { Queue<int> queue; ... } runs with each kind of queue, as
/// TASK_TEST_CASE does.
#define QUEUE_TEST_CASE(sentence) \
  QUEUE_TEST_CASE_NAMED(DOCTEST_ANONYMOUS(queue_test_case_), sentence)
#define QUEUE_TEST_CASE_NAMED(body, sentence)                                              \
  template <template <class> class Queue>                                                  \
  mtaio::Task<void> body();                                                                \
  TEST_CASE(sentence) {                                                                    \
    SUBCASE("AsyncQueue") { mtaio::run(body<mtaio::AsyncQueue>(), {.threads = 1}); }       \
    SUBCASE("PriorityQueue") { mtaio::run(body<mtaio::PriorityQueue>(), {.threads = 1}); } \
    SUBCASE("LIFOQueue") { mtaio::run(body<mtaio::LIFOQueue>(), {.threads = 1}); }         \
  }                                                                                        \
  template <template <class> class Queue>                                                  \
  mtaio::Task<void> body()
