/// A limit on tasks, and a queue with a bound.
#include <mtaio/core.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

struct Gauge {
  std::atomic<int> running{0};
  std::atomic<int> most{0};

  void enter() {
    const int now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
  }
  void leave() { --running; }
};

mtaio::Task<void> long_running_task(Gauge& gauge) {
  gauge.enter();
  co_await mtaio::sleep(1ms);
  gauge.leave();
}

mtaio::Task<void> async_main() {
  Gauge gauge;
  std::vector<mtaio::Task<void>> long_running_tasks;
  long_running_tasks.reserve(20);
  for (int i = 0; i < 20; ++i) long_running_tasks.push_back(long_running_task(gauge));

  // Limit concurrent tasks
  mtaio::TaskExecutor executor;
  co_await executor.gather(std::move(long_running_tasks), {.limit = 5});  // prevent too many
  std::cout << "at most 5 at a time: " << (gauge.most <= 5 ? "yes" : "no") << '\n';

  // Control queue size
  mtaio::AsyncQueue<std::string> queue{100};  // prevent unbounded growth
  int put = 0;
  for (std::string item = "item"; queue.try_put(item); item = "item") ++put;
  std::cout << "put without waiting: " << put << '\n';
}

int main() { mtaio::run(async_main()); }
