// expect: mtaio: Stream destroyed while a task waits in next\(\)
#include <mtaio/core.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;

mtaio::Task<int> sleep_long(int number) {
  co_await mtaio::sleep(1h);
  co_return number;
}
mtaio::Task<void> wait(mtaio::Stream<int>& stream) { (void)co_await stream.next(); }

mtaio::Task<void> async_main() {
  const std::vector<int> numbers{1};
  mtaio::TaskExecutor executor;
  auto stream = std::make_unique<mtaio::Stream<int>>(executor.stream(sleep_long, numbers));
  auto waiting = executor.create_task(wait(*stream));
  co_await mtaio::sleep(0s);
  stream.reset();
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
