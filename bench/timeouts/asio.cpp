#include "support/asio.hpp"

#include "support/benchmark.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// One timer for all rounds, armed and cancelled by hand. Its handler would have to stop the
/// operation, which is left out here.
asio::awaitable<void> work(std::size_t rounds, std::atomic<std::size_t>& done,
                           std::atomic<bool>& expired) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  for (std::size_t i = 0; i < rounds; ++i) {
    timer.expires_after(1h);
    timer.async_wait([&expired](boost::system::error_code error) {
      if (!error) expired = true;
    });
    co_await asio::post(asio::use_awaitable);
    timer.cancel();
  }
  done += rounds;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000}, {"rounds", 1'000}}};
  std::atomic<std::size_t> done{0};
  std::atomic<bool> expired{false};
  benchmark.timed([&] {
    asio::io_context io{static_cast<int>(benchmark.threads())};
    for (std::size_t i = 0; i < benchmark["tasks"]; ++i) {
      asio::co_spawn(io, work(benchmark["rounds"], done, expired), asio::detached);
    }
    bench::run_asio(io, benchmark.threads());
  });
  return benchmark.report(!expired && done == benchmark["tasks"] * benchmark["rounds"], done);
}
