/// Uses everything at random for a while, on real threads: items are numbered, and none is lost or
/// doubled; nothing is left running; memory, threads and files do not grow.
///
///     soak [--seconds N] [--seed N]  (soak --help says what else)
///
/// The seed decides what is done; the threads decide in which order.
#include "proof/soak/ledger.hpp"
#include "proof/soak/options.hpp"
#include "proof/soak/planted.hpp"
#include "proof/soak/process_state.hpp"
#include "proof/soak/rounds.hpp"
#include "support/counted.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

namespace soak {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kEpoch{1};
constexpr int kWarmUpRounds = 400;

std::array<char, 100> round_text{"no round yet\n"};

extern "C" void on_alarm(int) {
  constexpr const char* kText = "soak: this hangs: ";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, kText, std::strlen(kText));
  written = ::write(STDERR_FILENO, round_text.data(), std::strlen(round_text.data()));
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

/// One of several at the same time, on one runtime.
mtaio::Task<void> round_in_a_task(std::uint32_t seed, Totals& totals) {
  return seed % 2 == 0 ? shut_a_queue_down(seed / 2, totals) : grow_trees(seed, totals);
}

void run_from_threads(mtaio::Runtime& runtime, Random& random, Totals& totals) {
  std::exception_ptr failure;
  std::atomic<bool> failed{false};
  {
    std::vector<std::jthread> callers;
    const auto count = 1 + random() % 3;
    for (std::uint32_t i = 0; i < count; ++i) {
      callers.emplace_back([&, seed = random()] {
        try {
          runtime.run(round_in_a_task(seed, totals));
        } catch (...) {
          if (!failed.exchange(true)) failure = std::current_exception();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void do_a_round(mtaio::Runtime& resident, std::uint32_t seed, Totals& totals) {
  Random random{seed};
  switch (random() % 5) {
    case 4:
      ++totals.runtimes;
      return take_turns(random(), totals);
    case 0:
      return record_a_history(random(), totals);
    case 1:
      return run_from_threads(resident, random, totals);
    case 2: {
      ++totals.runtimes;
      mtaio::Runtime runtime{{.threads = 1 + random() % 4}};
      return run_from_threads(runtime, random, totals);
    }
    default:
      ++totals.runtimes;
      return mtaio::run(round_in_a_task(random(), totals), {.threads = 1 + random() % 3});
  }
}

void plant_in_epoch() {
  if (planted("item")) {
    static std::vector<std::unique_ptr<test::Counted>> items;
    items.push_back(std::make_unique<test::Counted>(1));
  }
  if (planted("memory")) {
    static std::vector<std::vector<char>> memory;
    memory.emplace_back(64 * 1'024);
  }
  if (planted("thread")) std::thread{[] { std::this_thread::sleep_for(kEpoch * 1'000); }}.detach();
  if (planted("file")) [[maybe_unused]]
    const int left = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (planted("hang")) mtaio::run(mtaio::Latch{1}.wait());
}

void soak_for(const Options& options, Totals& totals) {
  std::signal(SIGALRM, on_alarm);
  // With a heap for each thread, the C library keeps more and more half-empty pages.
  ::mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe): nobody else is there yet
  std::thread{[] {}}.join();
  std::uint32_t seed = options.seed;
  const auto do_next_round = [&](mtaio::Runtime& resident) {
    std::snprintf(round_text.data(), round_text.size(), "the round with --seed %u\n", seed);
    ::alarm(static_cast<unsigned>(options.patience.count()));
    do_a_round(resident, seed++, totals);
    ++totals.rounds;
    totals.check();
  };
  // A thread of its own: when it ends, it gives back the memory that it kept for coroutine frames.
  const auto do_rounds = [&](Clock::time_point until, int most) {
    std::exception_ptr failure;
    std::thread{[&] {
      try {
        ++totals.runtimes;
        mtaio::Runtime resident{{.threads = 2}};
        for (int i = 0; i < most && (i == 0 || Clock::now() < until); ++i) do_next_round(resident);
      } catch (...) {
        failure = std::current_exception();
      }
    }}.join();
    if (failure) std::rethrow_exception(failure);
  };
  const auto end = Clock::now() + options.time;
  do_rounds(Clock::now() + options.time / 5, kWarmUpRounds);
  Balance balance;
  do {
    do_rounds(std::min(end, Clock::now() + kEpoch), std::numeric_limits<int>::max());
    plant_in_epoch();
    balance.note();
  } while (Clock::now() < end);
  ::alarm(0);
  if (options.memory) balance.check_memory();
}

}  // namespace
}  // namespace soak

int main(int count, char** arguments) {
  const soak::Options options = soak::options_from(count, arguments);
  soak::planted_fault = options.plant;
  soak::Totals totals;
  int result = 0;
  try {
    soak::soak_for(options, totals);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "soak: %s; in %s", error.what(), soak::round_text.data());
    result = 1;
  }
  const auto say = [](const char* what, const std::atomic<std::uint64_t>& number) {
    std::printf("%12llu %s\n", static_cast<unsigned long long>(number), what);
  };
  say("rounds", totals.rounds);
  say("items put", totals.items);
  say("timeouts", totals.timeouts);
  say("cancellations", totals.cancellations);
  say("queues shut down", totals.shutdowns);
  say("tasks that failed", totals.failures);
  say("runtimes", totals.runtimes);
  say("turns measured", totals.turns);
  return result;
}
