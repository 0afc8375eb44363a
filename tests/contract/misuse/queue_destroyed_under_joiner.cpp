// expect: mtaio: AsyncQueue destroyed while tasks wait in join\(\)
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::AsyncQueue<int>& queue) { co_await queue.join(); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto queue = std::make_unique<mtaio::AsyncQueue<int>>(1);
  co_await queue->put(1);
  auto waiting = executor.create_task(wait(*queue));
  co_await mtaio::sleep(std::chrono::seconds{0});
  queue.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
