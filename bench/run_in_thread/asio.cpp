#include "support/asio.hpp"

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>

namespace {

namespace asio = boost::asio;

/// Each task moves to a thread of the pool, and back.
asio::awaitable<void> mark_some(asio::thread_pool& pool, bench::Marks& marks, std::size_t tasks,
                                std::atomic<std::size_t>& next) {
  for (std::size_t task = next++; task < tasks; task = next++) {
    co_await asio::post(asio::bind_executor(pool, asio::use_awaitable));
    marks.mark(task);
    co_await asio::post(asio::use_awaitable);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}, {"limit", 64}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  std::atomic<std::size_t> next{0};
  benchmark.timed([&] {
    asio::thread_pool pool{benchmark["limit"]};
    asio::io_context io;
    for (std::size_t i = 0; i < benchmark["limit"]; ++i) {
      asio::co_spawn(io, mark_some(pool, marks, tasks, next), asio::detached);
    }
    bench::run_asio(io, benchmark.threads());
    pool.join();
  });
  return benchmark.report(marks.each_once(), tasks);
}
