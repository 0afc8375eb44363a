#include "support/asio.hpp"

#include "support/asio_gate.hpp"
#include "support/benchmark.hpp"
#include "support/marks.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <atomic>

namespace {

namespace asio = boost::asio;

template <class Gate>
asio::awaitable<void> wait_once(Gate& gate, std::atomic<std::size_t>& missing, bench::Marks& marks,
                                std::size_t task) {
  if (--missing == 0) gate.open();
  co_await gate.wait();
  marks.mark(task);
}

template <class Channel>
void wait_together(bench::Marks& marks, std::size_t tasks, std::size_t threads) {
  std::atomic<std::size_t> missing{tasks};
  asio::io_context io{static_cast<int>(threads)};
  bench::AsioGate<Channel> gate{io};
  for (std::size_t task = 0; task < tasks; ++task) {
    asio::co_spawn(io, wait_once(gate, missing, marks, task), asio::detached);
  }
  bench::run_asio(io, threads);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  const std::size_t peak_at_start = bench::peak_kib();
  benchmark.timed([&] {
    const std::size_t threads = benchmark.threads();
    const auto wait =
        threads == 1 ? wait_together<bench::LocalChannel> : wait_together<bench::SharedChannel>;
    wait(marks, tasks, threads);
  });
  benchmark.note("bytes_per_task", static_cast<double>(bench::peak_kib() - peak_at_start) * 1024 /
                                       static_cast<double>(tasks));
  return benchmark.report(marks.each_once(), tasks);
}
