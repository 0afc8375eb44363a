// expect: mtaio: Semaphore destroyed while tasks wait
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::Semaphore& semaphore) {
  const auto permit = co_await semaphore.acquire();
}

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto semaphore = std::make_unique<mtaio::Semaphore>(0);
  auto waiting = executor.create_task(wait(*semaphore));
  co_await mtaio::sleep(std::chrono::seconds{0});
  semaphore.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
