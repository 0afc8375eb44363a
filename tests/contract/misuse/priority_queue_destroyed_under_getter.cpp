// expect: mtaio: PriorityQueue destroyed while tasks wait in get\(\)
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::PriorityQueue<int>& queue) { (void)co_await queue.next(); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto queue = std::make_unique<mtaio::PriorityQueue<int>>(1);
  auto waiting = executor.create_task(wait(*queue));
  co_await mtaio::sleep(std::chrono::seconds{0});
  queue.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
