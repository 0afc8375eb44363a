// expect: mtaio: Latch destroyed while tasks wait
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::Latch& latch) { co_await latch.wait(); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto latch = std::make_unique<mtaio::Latch>(1);
  auto waiting = executor.create_task(wait(*latch));
  co_await mtaio::sleep(std::chrono::seconds{0});
  latch.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
