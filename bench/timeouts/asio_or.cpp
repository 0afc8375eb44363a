#include "support/asio.hpp"
#include "support/benchmark.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

asio::awaitable<void> let_others_run() { co_await asio::post(asio::use_awaitable); }

/// `||` stops one operation when the other has ended. With several threads it needs a strand.
asio::awaitable<void> work(std::size_t rounds, std::atomic<std::size_t>& done) {
  using asio::experimental::awaitable_operators::operator||;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  std::size_t in_time = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    timer.expires_after(1h);
    const auto first = co_await (let_others_run() || timer.async_wait(asio::use_awaitable));
    if (first.index() == 0) ++in_time;
  }
  done += in_time;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000}, {"rounds", 1'000}}};
  const std::size_t threads = benchmark.threads();
  std::atomic<std::size_t> done{0};
  benchmark.timed([&] {
    asio::io_context io{static_cast<int>(threads)};
    for (std::size_t i = 0; i < benchmark["tasks"]; ++i) {
      if (threads == 1) {
        asio::co_spawn(io, work(benchmark["rounds"], done), asio::detached);
      } else {
        asio::co_spawn(asio::make_strand(io), work(benchmark["rounds"], done), asio::detached);
      }
    }
    bench::run_asio(io, threads);
  });
  return benchmark.report(done == benchmark["tasks"] * benchmark["rounds"], done);
}
