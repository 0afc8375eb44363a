// expect: Runtime destroyed while its run\(\) is under way
#include <mtaio/core.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace {

mtaio::Task<void> destroy(std::unique_ptr<mtaio::Runtime>& runtime) {
  runtime.reset();
  co_return;
}

/// Keeps the thread that called run() busy, so that another worker runs the created task.
mtaio::Task<void> create(std::unique_ptr<mtaio::Runtime>& runtime) {
  mtaio::TaskExecutor executor;
  auto handle = executor.create_task(destroy(runtime));
  while (!handle.done()) std::this_thread::yield();
  co_await handle;
}

}  // namespace

int main() {
  auto runtime = std::make_unique<mtaio::Runtime>(mtaio::RuntimeOptions{.threads = 2});
  auto& running = *runtime;
  running.run(create(runtime));
}
