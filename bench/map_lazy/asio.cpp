#include "support/asio.hpp"

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <atomic>

namespace {

boost::asio::awaitable<void> mark(bench::Marks& marks, std::size_t task) {
  marks.mark(task);
  co_return;
}

/// Asio has no limit. Instead, `limit` coroutines take one task after another.
boost::asio::awaitable<void> mark_some(bench::Marks& marks, std::size_t tasks,
                                       std::atomic<std::size_t>& next) {
  for (std::size_t task = next++; task < tasks; task = next++) co_await mark(marks, task);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}, {"limit", 1'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  std::atomic<std::size_t> next{0};
  benchmark.timed([&] {
    boost::asio::io_context io{static_cast<int>(benchmark.threads())};
    for (std::size_t i = 0; i < benchmark["limit"]; ++i) {
      boost::asio::co_spawn(io, mark_some(marks, tasks, next), boost::asio::detached);
    }
    bench::run_asio(io, benchmark.threads());
  });
  return benchmark.report(marks.each_once(), tasks);
}
