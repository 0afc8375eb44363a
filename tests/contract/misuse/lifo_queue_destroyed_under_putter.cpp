// expect: mtaio: LIFOQueue destroyed while tasks wait in put\(\)
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::LIFOQueue<int>& queue) { co_await queue.put(2); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto queue = std::make_unique<mtaio::LIFOQueue<int>>(1);
  co_await queue->put(1);
  auto waiting = executor.create_task(wait(*queue));
  co_await mtaio::sleep(std::chrono::seconds{0});
  queue.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
