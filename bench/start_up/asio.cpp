#include "support/asio.hpp"

#include "support/benchmark.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace {

boost::asio::awaitable<void> add_one(std::size_t& sum) {
  ++sum;
  co_return;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"runtimes", 2'000}}};
  std::size_t sum = 0;
  benchmark.timed([&] {
    for (std::size_t i = 0; i < benchmark["runtimes"]; ++i) {
      boost::asio::io_context io{static_cast<int>(benchmark.threads())};
      boost::asio::co_spawn(io, add_one(sum), boost::asio::detached);
      bench::run_asio(io, benchmark.threads());
    }
  });
  return benchmark.report(sum == benchmark["runtimes"], sum);
}
