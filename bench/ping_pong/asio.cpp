#include "support/asio.hpp"

#include "support/benchmark.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace {

namespace asio = boost::asio;
using Signature = void(boost::system::error_code, std::size_t);

template <class Channel>
asio::awaitable<void> ping(Channel& there, Channel& back, std::size_t rounds, std::size_t& right) {
  for (std::size_t i = 0; i < rounds; ++i) {
    co_await there.async_send(boost::system::error_code{}, i, asio::use_awaitable);
    if (co_await back.async_receive(asio::use_awaitable) == i + 1) ++right;
  }
}

template <class Channel>
asio::awaitable<void> pong(Channel& there, Channel& back, std::size_t rounds) {
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::size_t item = co_await there.async_receive(asio::use_awaitable);
    co_await back.async_send(boost::system::error_code{}, item + 1, asio::use_awaitable);
  }
}

template <class Channel>
std::size_t play(std::size_t rounds, std::size_t threads) {
  std::size_t right = 0;
  asio::io_context io{static_cast<int>(threads)};
  Channel there{io, 1};
  Channel back{io, 1};
  asio::co_spawn(io, ping(there, back, rounds, right), asio::detached);
  asio::co_spawn(io, pong(there, back, rounds), asio::detached);
  bench::run_asio(io, threads);
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"rounds", 1'000'000}}};
  const std::size_t rounds = benchmark["rounds"];
  const std::size_t threads = benchmark.threads();
  const std::size_t right = benchmark.timed([&] {
    return threads == 1 ? play<asio::experimental::channel<Signature>>(rounds, threads)
                        : play<asio::experimental::concurrent_channel<Signature>>(rounds, threads);
  });
  return benchmark.report(right == rounds, rounds);
}
