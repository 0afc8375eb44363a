#include "support/asio.hpp"

#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace {

boost::asio::awaitable<void> mark(bench::Marks& marks, std::size_t task) {
  marks.mark(task);
  co_return;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    boost::asio::io_context io{static_cast<int>(benchmark.threads())};
    for (std::size_t i = 0; i < tasks; ++i) {
      boost::asio::co_spawn(io, mark(marks, i), boost::asio::detached);
    }
    bench::run_asio(io, benchmark.threads());
  });
  return benchmark.report(marks.each_once(), tasks);
}
