#include <mtaio/async_queue.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task_executor.hpp>

#include "support/benchmark.hpp"

namespace {

using Queue = mtaio::AsyncQueue<std::size_t>;

mtaio::Task<std::size_t> ping(Queue& there, Queue& back, std::size_t rounds) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    co_await there.put(i);
    if (co_await back.get() == i + 1) ++right;
  }
  co_return right;
}

mtaio::Task<void> pong(Queue& there, Queue& back, std::size_t rounds) {
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::size_t item = co_await there.get();
    co_await back.put(item + 1);
  }
}

mtaio::Task<std::size_t> play(std::size_t rounds) {
  mtaio::TaskExecutor executor;
  Queue there{1};
  Queue back{1};
  const auto [right, done] =
      co_await executor.gather(ping(there, back, rounds), pong(there, back, rounds));
  co_return right;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"rounds", 1'000'000}}};
  const std::size_t rounds = benchmark["rounds"];
  const std::size_t right =
      benchmark.timed([&] { return mtaio::run(play(rounds), {.threads = benchmark.threads()}); });
  return benchmark.report(right == rounds, rounds);
}
