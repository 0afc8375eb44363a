#include "support/asio.hpp"

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Asio has no limit. Instead, `limit` coroutines sleep again and again.
asio::awaitable<void> sleep_some(bench::Marks& marks, std::size_t tasks,
                                 std::atomic<std::size_t>& next) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  for (std::size_t task = next++; task < tasks; task = next++) {
    timer.expires_after(10ms);
    co_await timer.async_wait(asio::use_awaitable);
    marks.mark(task);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 100'000}, {"limit", 1'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  std::atomic<std::size_t> next{0};
  benchmark.timed([&] {
    asio::io_context io{static_cast<int>(benchmark.threads())};
    for (std::size_t i = 0; i < benchmark["limit"]; ++i) {
      asio::co_spawn(io, sleep_some(marks, tasks, next), asio::detached);
    }
    bench::run_asio(io, benchmark.threads());
  });
  return benchmark.report(marks.each_once(), tasks);
}
