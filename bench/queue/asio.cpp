#include "support/asio.hpp"

#include "queue/problem.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <limits>

namespace {

namespace asio = boost::asio;
using Signature = void(boost::system::error_code, std::size_t);

template <class Channel>
asio::awaitable<void> produce(Channel& channel, const bench::Traffic& traffic, std::size_t first,
                              std::atomic<std::size_t>& producing) {
  for (std::size_t i = first; i < first + traffic.share(); ++i) {
    co_await channel.async_send(boost::system::error_code{}, i, asio::use_awaitable);
  }
  if (--producing > 0) co_return;
  // A channel loses its items when it is closed.
  for (std::size_t i = 0; i < traffic.consumers; ++i) {
    co_await channel.async_send(boost::system::error_code{}, bench::kEnd, asio::use_awaitable);
  }
}

template <class Channel>
asio::awaitable<void> consume(Channel& channel, std::atomic<std::size_t>& sum) {
  std::size_t own_sum = 0;
  for (;;) {
    const std::size_t item = co_await channel.async_receive(asio::use_awaitable);
    if (item == bench::kEnd) break;
    own_sum += item;
  }
  sum += own_sum;
}

template <class Channel>
std::size_t transfer(const bench::Traffic& traffic, std::size_t threads) {
  std::atomic<std::size_t> sum{0};
  std::atomic<std::size_t> producing{traffic.producers};
  const std::size_t capacity =
      traffic.capacity > 0 ? traffic.capacity : std::numeric_limits<std::size_t>::max();
  asio::io_context io{static_cast<int>(threads)};
  Channel channel{io, capacity};
  for (std::size_t i = 0; i < traffic.producers; ++i) {
    asio::co_spawn(io, produce(channel, traffic, i * traffic.share(), producing), asio::detached);
  }
  for (std::size_t i = 0; i < traffic.consumers; ++i) {
    asio::co_spawn(io, consume(channel, sum), asio::detached);
  }
  bench::run_asio(io, threads);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::measure_transfer(
      argc, argv, [](const bench::Traffic& traffic, std::size_t threads) {
        return threads == 1
                   ? transfer<asio::experimental::channel<Signature>>(traffic, threads)
                   : transfer<asio::experimental::concurrent_channel<Signature>>(traffic, threads);
      });
}
