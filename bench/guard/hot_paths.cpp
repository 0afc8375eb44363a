/// The hot paths of the library, one after another on one worker, with a mark for callgrind before
/// and after each. tools/count_instructions.py runs this and takes the difference between few and
/// many items, so that only the cost of an item counts.
#include <mtaio/async_queue.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/mutex.hpp>
#include <mtaio/priority_queue.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/semaphore.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include <valgrind/callgrind.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ranges>
#include <string>

using namespace std::chrono_literals;

namespace {

mtaio::Task<void> nothing() { co_return; }
mtaio::Task<std::size_t> same(std::size_t number) { co_return number; }
mtaio::Task<void> let_others_run() { co_await mtaio::sleep(0s); }

mtaio::Task<std::size_t> fib(mtaio::TaskExecutor& executor, std::size_t n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await executor.gather(fib(executor, n - 1), fib(executor, n - 2));
  co_return a + b;
}

// The hot paths. Each takes a number of items.

mtaio::Task<void> await_task(std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) co_await nothing();
}

mtaio::Task<void> gather_two(std::size_t items) {
  mtaio::TaskExecutor executor;
  for (std::size_t i = 0; i < items; ++i) co_await executor.gather(nothing(), nothing());
}

// An item is the 25 calls of fib(6), below 24 nested calls: the depth should not matter.
mtaio::Task<void> fib_small(mtaio::TaskExecutor& executor, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) co_await fib(executor, 6);
}
mtaio::Task<void> fib_below(mtaio::TaskExecutor& executor, std::size_t depth, std::size_t items) {
  if (depth == 0) {
    co_await fib_small(executor, items);
  } else {
    co_await executor.gather(fib_below(executor, depth - 1, items));
  }
}
mtaio::Task<void> fib_deep(std::size_t items) {
  mtaio::TaskExecutor executor;
  co_await fib_below(executor, 24, items);
}

mtaio::Task<void> gather_range(std::size_t items) {
  mtaio::TaskExecutor executor;
  const auto make = [](std::size_t) { return nothing(); };
  co_await executor.gather(std::views::iota(0UL, items) | std::views::transform(make));
}

mtaio::Task<void> map_ten(std::size_t items) {
  mtaio::TaskExecutor executor;
  for (std::size_t i = 0; i < items; ++i) co_await executor.map(same, std::views::iota(0UL, 10UL));
}

mtaio::Task<void> map_limited(std::size_t items) {
  mtaio::TaskExecutor executor;
  const auto wait = [](std::size_t) { return let_others_run(); };
  co_await executor.map(wait, std::views::iota(0UL, items), {.limit = 8});
}

mtaio::Task<void> put_get(std::size_t items) {
  mtaio::AsyncQueue<std::size_t> queue{8};
  for (std::size_t i = 0; i < items; ++i) {
    co_await queue.put(i);
    co_await queue.get();
  }
}

mtaio::Task<void> put_get_priority(std::size_t items) {
  mtaio::PriorityQueue<std::size_t> queue;
  for (std::size_t i = 0; i < 1000; ++i) co_await queue.put(i, static_cast<double>(i * 7 % 1000));
  for (std::size_t i = 0; i < items; ++i) {
    co_await queue.put(i, static_cast<double>(i * 7 % 1000));
    co_await queue.get();
  }
}

using Queue = mtaio::AsyncQueue<std::size_t>;
mtaio::Task<void> forward(Queue& from, Queue& to, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) {
    const std::size_t item = co_await from.get();
    co_await to.put(item);
  }
}
mtaio::Task<void> ping(Queue& there, Queue& back, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) {
    co_await there.put(i);
    co_await back.get();
  }
}
mtaio::Task<void> ping_pong(std::size_t items) {
  mtaio::TaskExecutor executor;
  Queue there{1};
  Queue back{1};
  co_await executor.gather(ping(there, back, items), forward(there, back, items));
}

mtaio::Task<void> produce(Queue& queue, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) co_await queue.put(i);
}
mtaio::Task<void> consume(Queue& queue, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) co_await queue.get();
}
mtaio::Task<void> full_queue(std::size_t items) {
  mtaio::TaskExecutor executor;
  Queue queue{16};
  co_await executor.gather(produce(queue, items), consume(queue, items));
}

mtaio::Task<void> timeout_armed(std::size_t items) {
  mtaio::TaskExecutor executor;
  for (std::size_t i = 0; i < items; ++i) {
    co_await executor.run(let_others_run(), {.timeout = 1h});
  }
}

mtaio::Task<void> timeout_unneeded(std::size_t items) {
  mtaio::TaskExecutor executor;
  for (std::size_t i = 0; i < items; ++i) co_await executor.run(nothing(), {.timeout = 1h});
}

mtaio::Task<void> yield(std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) co_await mtaio::sleep(0s);
}

mtaio::Task<void> create_task(std::size_t items) {
  mtaio::TaskExecutor executor;
  for (std::size_t i = 0; i < items; ++i) {
    auto task = executor.create_task(nothing());
    co_await task;
  }
}

mtaio::Task<void> wait_for(mtaio::Latch& latch) { co_await latch.wait(); }
mtaio::Task<void> latch_wait(std::size_t items) {
  mtaio::TaskExecutor executor;
  mtaio::Latch latch{static_cast<std::ptrdiff_t>(items)};
  const auto wait = [&](std::size_t) {
    latch.count_down();
    return wait_for(latch);
  };
  co_await executor.map(wait, std::views::iota(0UL, items));
}

mtaio::Task<void> lock_mutex(std::size_t items) {
  mtaio::Mutex mutex;
  for (std::size_t i = 0; i < items; ++i) const auto guard = co_await mutex.lock();
}

mtaio::Task<void> acquire_permit(std::size_t items) {
  mtaio::Semaphore semaphore{2};
  for (std::size_t i = 0; i < items; ++i) const auto permit = co_await semaphore.acquire();
}

// Each of two tasks waits for the mutex once in a round, and is handed it.
mtaio::Task<void> lock_in_turn(mtaio::Mutex& mutex, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) {
    const auto guard = co_await mutex.lock();
    co_await let_others_run();
  }
}
mtaio::Task<void> hand_over_mutex(std::size_t items) {
  mtaio::TaskExecutor executor;
  mtaio::Mutex mutex;
  co_await executor.gather(lock_in_turn(mutex, items), lock_in_turn(mutex, items));
}

struct Path {
  const char* name;
  mtaio::Task<void> (*run)(std::size_t items);
};

constexpr std::array kPaths{
    Path{"await_task", await_task},
    Path{"gather_two", gather_two},
    Path{"fib_6_at_depth_24", fib_deep},
    Path{"gather_range_child", gather_range},
    Path{"map_of_ten", map_ten},
    Path{"map_element_limit_8", map_limited},
    Path{"put_get", put_get},
    Path{"put_get_priority_1000_deep", put_get_priority},
    Path{"put_get_through_full_queue", full_queue},
    Path{"ping_pong_round", ping_pong},
    Path{"timeout_armed_and_cancelled", timeout_armed},
    Path{"timeout_never_needed", timeout_unneeded},
    Path{"yield", yield},
    Path{"create_and_await_task", create_task},
    Path{"latch_waiter", latch_wait},
    Path{"lock_mutex", lock_mutex},
    Path{"acquire_permit", acquire_permit},
    Path{"hand_over_mutex", hand_over_mutex},
};

constexpr std::size_t kFew = 512;
constexpr std::size_t kMany = 1536;

}  // namespace

int main() {
  std::printf("items %zu\n", kMany - kFew);
  mtaio::Runtime runtime{{.threads = 1}};
  for (const Path& path : kPaths) {
    runtime.run(path.run(kMany));  // fills the free lists
    for (const std::size_t items : {kFew, kMany}) {
      const std::string mark = std::string{path.name} + (items == kFew ? " few" : " many");
      CALLGRIND_DUMP_STATS_AT("before");  // resets the counts
      runtime.run(path.run(items));
      CALLGRIND_DUMP_STATS_AT(mark.c_str());
    }
  }
}
