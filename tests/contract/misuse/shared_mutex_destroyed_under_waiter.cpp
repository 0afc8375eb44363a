// expect: mtaio: SharedMutex destroyed while tasks wait
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> lock(mtaio::SharedMutex& mutex) {
  const auto guard = co_await mutex.lock_shared();
}

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto mutex = std::make_unique<mtaio::SharedMutex>();
  const auto guard = co_await mutex->lock();
  auto waiting = executor.create_task(lock(*mutex));
  co_await mtaio::sleep(std::chrono::seconds{0});
  mutex.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
