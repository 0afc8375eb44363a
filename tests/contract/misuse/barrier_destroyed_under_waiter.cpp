// expect: mtaio: Barrier destroyed while tasks wait
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::Barrier& barrier) { co_await barrier.arrive_and_wait(); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto barrier = std::make_unique<mtaio::Barrier>(2);
  auto waiting = executor.create_task(wait(*barrier));
  co_await mtaio::sleep(std::chrono::seconds{0});
  barrier.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
