/// A worker without work costs nothing.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

using namespace std::chrono_literals;

namespace {

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

long context_switches() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nvcsw;
}

/// Sleeps in the kernel, and counts how often.
class CountingParker final : public mtaio::lowlevel::Parker {
 public:
  void park(mtaio::lowlevel::TimePoint deadline) noexcept override {
    ++parks;
    parker_.park(deadline);
  }
  void unpark() noexcept override { parker_.unpark(); }

  static inline std::atomic<int> parks{0};

 private:
  mtaio::lowlevel::FutexParker parker_;
};

}  // namespace

TEST_CASE("Runtime: idle workers use no CPU and do not wake up, while main waits") {
  const auto nap = []() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    co_await executor.gather(mtaio::sleep(1ms), mtaio::sleep(1ms),
                             mtaio::sleep(1ms));  // all have been awake
    const auto before = cpu_time();
    const long switches = context_switches();
    co_await mtaio::sleep(200ms);
    CHECK(cpu_time() - before < 10ms);
    CHECK(context_switches() - switches < 50);
  };
  mtaio::run(nap(), {.threads = 4});
}

TEST_CASE("Runtime: idle between two runs uses no CPU") {
  mtaio::Runtime runtime{{.threads = 4}};
  const auto spread = []() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    co_await executor.gather(mtaio::sleep(1ms), mtaio::sleep(1ms), mtaio::sleep(0s));
  };
  runtime.run(spread());
  const auto before = cpu_time();
  std::this_thread::sleep_for(200ms);
  CHECK(cpu_time() - before < 10ms);
  runtime.run(spread());
}

TEST_CASE("Runtime: sleeps on the parkers it is given") {
  CountingParker::parks = 0;
  const auto make = []() -> std::unique_ptr<mtaio::lowlevel::Parker> {
    return std::make_unique<CountingParker>();
  };
  mtaio::Runtime runtime{{.threads = 1, .make_parker = make}};
  runtime.run(mtaio::sleep(2ms));
  CHECK(CountingParker::parks > 0);
  CHECK(CountingParker::parks < 20);
}

TEST_CASE("Runtime: waiting forever costs nothing, and ends when it is woken") {
  mtaio::Latch latch{1};
  const auto wait = [](mtaio::Latch& on) -> mtaio::Task<bool> {
    co_return co_await on.wait(std::chrono::hours::max());
  };
  std::thread opener{[&] {
    std::this_thread::sleep_for(20ms);
    latch.count_down();
  }};
  const auto before = cpu_time();
  CHECK(mtaio::run(wait(latch), {.threads = 2}));
  CHECK(cpu_time() - before < 15ms);
  opener.join();
}
