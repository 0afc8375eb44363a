#include "support/asio.hpp"

#include "support/asio_gate.hpp"
#include "support/benchmark.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <atomic>

namespace {

namespace asio = boost::asio;

template <class Gate>
asio::awaitable<void> meet(Gate& gate, std::atomic<std::size_t>& here, std::size_t waiters,
                           std::atomic<std::size_t>& right) {
  if (++here == waiters) gate.open();
  co_await gate.wait();
  if (here == waiters) ++right;
}

template <class Channel>
std::size_t meet_often(std::size_t rounds, std::size_t waiters, std::size_t threads) {
  std::atomic<std::size_t> right{0};
  for (std::size_t i = 0; i < rounds; ++i) {
    std::atomic<std::size_t> here{0};
    asio::io_context io{static_cast<int>(threads)};
    bench::AsioGate<Channel> gate{io};
    for (std::size_t waiter = 0; waiter < waiters; ++waiter) {
      asio::co_spawn(io, meet(gate, here, waiters, right), asio::detached);
    }
    bench::run_asio(io, threads);
  }
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"rounds", 100}, {"waiters", 1'000}}};
  const std::size_t right = benchmark.timed([&] {
    const std::size_t threads = benchmark.threads();
    const auto meet =
        threads == 1 ? meet_often<bench::LocalChannel> : meet_often<bench::SharedChannel>;
    return meet(benchmark["rounds"], benchmark["waiters"], threads);
  });
  return benchmark.report(right == benchmark["rounds"] * benchmark["waiters"], right);
}
