// expect: mtaio: Condition destroyed while tasks wait
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::Mutex& mutex, mtaio::Condition& condition) {
  auto guard = co_await mutex.lock();
  co_await condition.wait(guard);
}

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  mtaio::Mutex mutex;
  auto condition = std::make_unique<mtaio::Condition>();
  auto waiting = executor.create_task(wait(mutex, *condition));
  co_await mtaio::sleep(std::chrono::seconds{0});
  condition.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
