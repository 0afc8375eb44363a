// expect: mtaio: Stream destroyed by one of its own tasks
#include <mtaio/core.hpp>

#include <chrono>
#include <optional>
#include <vector>

namespace {

mtaio::Task<void> async_main() {
  const std::vector<int> numbers{1, 2};
  std::optional<mtaio::Stream<int>> stream;
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): it outlives the stream
  const auto destroy = [&](int number) -> mtaio::Task<int> {
    if (number == 2) stream.reset();
    co_return number;
  };
  mtaio::TaskExecutor executor;
  stream.emplace(executor.stream(destroy, numbers, {.limit = 1}));
  (void)co_await stream->next();
  co_await mtaio::sleep(std::chrono::seconds{1});
}

}  // namespace

int main() { mtaio::run(async_main(), {.threads = 1}); }
