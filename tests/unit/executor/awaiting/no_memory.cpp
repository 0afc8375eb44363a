/// What is left of a call when memory runs out in the middle of it.
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include "support/counting_new.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <ranges>

namespace {

using namespace std::chrono_literals;

class NoTask : public std::exception {};

struct Seen {
  std::size_t calls = 0;
  bool stopped = false;
  bool memory_failed = false;
  std::optional<std::size_t> failed;  // its index
};

/// Ends when it is asked to stop, and then there is memory again.
mtaio::Task<int> wait_for_stop(Seen& seen) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    seen.stopped = true;
  }
  test::allocations_fail = false;
  co_return 0;
}

mtaio::Task<void> map_until_memory_runs_out(Seen& seen) {
  mtaio::TaskExecutor executor;
  const auto make = [&seen](int number) -> mtaio::Task<int> {
    ++seen.calls;
    if (number == 0) return wait_for_stop(seen);
    test::allocations_fail = true;
    throw NoTask{};
  };
  try {
    co_await executor.map(mtaio::return_exceptions, make, std::views::iota(0));
  } catch (const mtaio::ExecutionError& error) {
    seen.failed = error.index();
    try {
      error.rethrow_cause();
    } catch (const std::bad_alloc&) {
      seen.memory_failed = true;
    } catch (...) {
    }
  }
}

TEST_CASE("map(return_exceptions): without memory for the failure of a task, the call fails") {
  if (!test::kCountsAllocations) return;
  Seen seen;
  mtaio::testing::Simulation simulation;
  simulation.run(map_until_memory_runs_out(seen));
  CHECK(seen.calls > 1);
  CHECK(seen.stopped);
  CHECK(simulation.elapsed() < 1h);
  CHECK(seen.memory_failed);
  CHECK(seen.failed == seen.calls);  // the first for which the function could not even be called
}

mtaio::Task<int> give(int number) { co_return number; }

mtaio::Task<void> call_without_memory(int& failures) {
  mtaio::TaskExecutor executor;
  auto map = executor.map(mtaio::return_exceptions, give, std::views::iota(0, 2));
  for (const bool to_stream : {true, false}) {
    test::allocations_fail = true;
    try {
      if (to_stream) {
        (void)executor.stream(give, std::views::iota(0, 2));
      } else {
        co_await std::move(map);  // NOLINT(bugprone-use-after-move): only once
      }
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    test::allocations_fail = false;
  }
}

TEST_CASE("stream, map: without memory at the beginning, they throw") {
  if (!test::kCountsAllocations) return;
  int failures = 0;
  mtaio::testing::Simulation simulation;
  simulation.run(call_without_memory(failures));
  CHECK(failures == 2);
}

}  // namespace
