/// Uses everything at random for a while, on real threads: items are numbered, and none is lost or
/// doubled; nothing is left running; memory, threads and files do not grow.
///
///     soak [--seconds N] [--seed N]
///
/// The seed decides what is done; the threads decide in which order.
#include "soak/ledger.hpp"
#include "soak/process_state.hpp"
#include "soak/rounds.hpp"
#include "support/counted.hpp"

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
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace soak {
namespace {

using Clock = std::chrono::steady_clock;

// After this, a round hangs.
constexpr unsigned kMostSeconds = 60;
constexpr std::chrono::seconds kEpoch{1};
// How much more memory there may be at the end than when all had been used for a while.
constexpr std::size_t kSlackKib = 1'024;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kMemoryIsOurs = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kMemoryIsOurs = false;  // the sanitizers keep what is freed
#else
constexpr bool kMemoryIsOurs = true;
#endif
#else
constexpr bool kMemoryIsOurs = true;
#endif

std::array<char, 100> round_text{"\nsoak: no round yet\n"};

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
  switch (random() % 4) {
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

/// Threads that were joined are seen for another moment.
ProcessState state_with_threads(std::size_t expected) {
  ProcessState state = process_state();
  for (int i = 0; i < 1'000 && state.threads > expected; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    state = process_state();
  }
  return state;
}

/// What the process held on to at the end of each epoch, when there was nothing left.
class Balance {
 public:
  void note() {
    const std::size_t threads = states_.empty() ? 0 : states_.front().threads;
    states_.push_back(threads == 0 ? process_state() : state_with_threads(threads));
    const ProcessState& first = states_.front();
    const ProcessState& last = states_.back();
    if (last.threads > first.threads) throw Broken{"a thread is left"};
    if (last.files > first.files) throw Broken{"a file is left open"};
    if (test::Counted::alive() != 0) throw Broken{"an item is left"};
  }

  /// At the end. The first third is for warming up.
  void check_memory() const {
    const std::size_t third = (states_.size() + 2) / 3;
    const std::size_t before = most(0, third);
    const std::size_t after = most(states_.size() - third, states_.size());
    std::printf("memory: %zu KiB in the first third, %zu KiB in the last; %zu threads, %zu files\n",
                before, after, states_.back().threads, states_.back().files);
    if (kMemoryIsOurs && after > before + before / 10 + kSlackKib) throw Broken{"memory grows"};
  }

 private:
  [[nodiscard]] std::size_t most(std::size_t from, std::size_t to) const {
    std::size_t most = 0;
    for (std::size_t i = from; i < to; ++i) most = std::max(most, states_[i].resident_kib);
    return most;
  }
  std::vector<ProcessState> states_;
};

void soak_for(std::chrono::seconds time, std::uint32_t first_seed, Totals& totals) {
  std::signal(SIGALRM, on_alarm);
  const auto end = Clock::now() + time;
  std::uint32_t seed = first_seed;
  Balance balance;
  while (Clock::now() < end) {
    const auto end_of_epoch = Clock::now() + kEpoch;
    ++totals.runtimes;
    auto resident = std::make_unique<mtaio::Runtime>(mtaio::RuntimeOptions{.threads = 2});
    while (Clock::now() < end_of_epoch && Clock::now() < end) {
      std::snprintf(round_text.data(), round_text.size(), "the round with --seed %u\n", seed);
      ::alarm(kMostSeconds);
      do_a_round(*resident, seed++, totals);
      ++totals.rounds;
    }
    resident.reset();
    balance.note();
  }
  ::alarm(0);
  balance.check_memory();
}

std::optional<std::uint32_t> number_after(const char* name, int count, char** arguments) {
  for (int i = 1; i + 1 < count; ++i) {
    if (std::strcmp(arguments[i], name) != 0) continue;
    return static_cast<std::uint32_t>(std::strtoul(arguments[i + 1], nullptr, 10));
  }
  return std::nullopt;
}

}  // namespace
}  // namespace soak

int main(int count, char** arguments) {
  const std::chrono::seconds time{soak::number_after("--seconds", count, arguments).value_or(180)};
  const std::uint32_t seed = soak::number_after("--seed", count, arguments).value_or(1);
  // With a heap for each thread, the C library keeps more and more half-empty pages.
  ::mallopt(M_ARENA_MAX, 1);
  soak::Totals totals;
  int result = 0;
  try {
    soak::soak_for(time, seed, totals);
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
  return result;
}
