/// Histories of the real queues, recorded with real threads.
#include <mtaio/core.hpp>

#include "proof/histories/check.hpp"
#include "proof/histories/record.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace {

using histories::History;
using histories::Operation;
using histories::Order;
using histories::Plan;
using Kind = Operation::Kind;

auto count(const History& history, Kind kind) {
  return std::ranges::count(history, kind, &Operation::kind);
}

template <template <class> class Queue>
void check_plan(const Plan& plan, Order order) {
  const History history = histories::Recording<Queue<std::size_t>>{plan}.make();
  const std::string complaint = complaint_about(history, order, plan.capacity);
  CAPTURE(plan.capacity);
  CAPTURE(plan.workers);
  CHECK(complaint == "");
  CHECK(count(history, Kind::kPut) == count(history, Kind::kGet));
}

template <template <class> class Queue>
void check_queue(Order order) {
  for (const std::size_t capacity : {1U, 3U, 50U}) {
    for (const std::size_t workers : {1U, 3U}) {
      for (const bool gives_up : {false, true}) {
        check_plan<Queue>({.capacity = capacity, .workers = workers, .gives_up = gives_up}, order);
      }
    }
    // No task waits, so a task that finds it full has to be right.
    check_plan<Queue>({.capacity = capacity, .putters = 0, .threads = 2}, order);
  }
}

}  // namespace

TEST_CASE("history: tasks and threads see a FIFO queue's order") {
  check_queue<mtaio::AsyncQueue>(Order::kFifo);
}

TEST_CASE("history: tasks and threads see a LIFO queue's order") {
  check_queue<mtaio::LIFOQueue>(Order::kLifo);
}

TEST_CASE("history: tasks and threads get the most urgent item of a priority queue first") {
  check_queue<mtaio::PriorityQueue>(Order::kPriority);
}

TEST_CASE("history: a queue of another order is noticed") {
  Plan plan{.capacity = 50, .workers = 1, .getters = 1, .threads = 0};
  const History fifo = histories::Recording<mtaio::AsyncQueue<std::size_t>>{plan}.make();
  const History lifo = histories::Recording<mtaio::LIFOQueue<std::size_t>>{plan}.make();
  CHECK(complaint_about(fifo, Order::kLifo, 50) != "");
  CHECK(complaint_about(fifo, Order::kPriority, 50) != "");
  CHECK(complaint_about(lifo, Order::kFifo, 50) != "");
  CHECK(complaint_about(fifo, Order::kFifo, 20) != "");
}
