// expect: mtaio: Event destroyed while tasks wait
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>

namespace {

mtaio::Task<void> wait(mtaio::Event& event) { co_await event.wait(); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto event = std::make_unique<mtaio::Event>();
  auto waiting = executor.create_task(wait(*event));
  co_await mtaio::sleep(std::chrono::seconds{0});
  event.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
