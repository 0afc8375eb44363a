#include "support/asio.hpp"

#include "support/benchmark.hpp"
#include "wake_up/problem.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <thread>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"samples", 2'000}}};
  bench::WakeUps wake_ups;
  benchmark.timed([&] {
    boost::asio::io_context io;
    auto guard = boost::asio::make_work_guard(io);
    const std::jthread outside{[&] {
      wake_ups.run(benchmark["samples"],
                   [&] { boost::asio::post(io, [&] { wake_ups.arrived(); }); });
      guard.reset();
    }};
    bench::run_asio(io, benchmark.threads());
  });
  return wake_ups.report(benchmark, benchmark["samples"]);
}
