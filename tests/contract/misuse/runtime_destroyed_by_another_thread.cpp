// expect: Runtime destroyed while its run\(\) is under way
#include <mtaio/core.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

using namespace std::chrono_literals;

namespace {

mtaio::Task<void> wait(std::atomic<bool>& runs) {
  runs = true;
  co_await mtaio::sleep(1h);
}

}  // namespace

int main() {
  auto runtime = std::make_unique<mtaio::Runtime>(mtaio::RuntimeOptions{.threads = 2});
  auto& running = *runtime;
  std::atomic<bool> runs{false};
  const std::jthread destroyer{[&] {
    while (!runs) std::this_thread::yield();
    runtime.reset();
  }};
  running.run(wait(runs));
}
