/// Partial-order reduction leaves out nothing: random small programs have the same outcomes with it
/// as without.
#include <mtaio/interleave/check.hpp>

#include <doctest/doctest.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace interleave = mtaio::testing::interleave;

namespace {

enum class Kind : std::uint8_t {
  kLoad,
  kStore,
  kExchange,
  kCompareExchange,
  kFence,
  kLocked,
  kFutexWait,
  kFutexWake
};

struct Step {
  Kind kind{};
  std::size_t variable = 0;
  std::memory_order order{};
  int value = 0;
};

using Body = std::vector<Step>;

std::memory_order for_load(std::memory_order order) {
  if (order == std::memory_order_release) return std::memory_order_acquire;
  return order == std::memory_order_acq_rel ? std::memory_order_seq_cst : order;
}

std::memory_order for_store(std::memory_order order) {
  if (order == std::memory_order_acquire) return std::memory_order_release;
  return order == std::memory_order_acq_rel ? std::memory_order_seq_cst : order;
}

struct Variables {
  std::array<std::atomic<int>, 2> atomics{};
  std::mutex mutex;
};

/// Returns whether the thread was woken (w), and if not, why: the value (v), the deadline (t), or
/// no reason (i).
char wait(std::atomic<int>& variable, int value) {
  const timespec deadline{.tv_sec = 1000, .tv_nsec = 0};
  const long result = ::syscall(SYS_futex, &variable, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                                &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  if (result == 0) return 'w';
  return errno == EAGAIN ? 'v' : errno == ETIMEDOUT ? 't' : 'i';
}

long wake_one(std::atomic<int>& variable) {
  return ::syscall(SYS_futex, &variable, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
}

/// Makes the steps, and returns what was read.
std::string run(const Body& body, Variables& variables) {
  std::string seen;
  for (const Step& step : body) {
    std::atomic<int>& variable = variables.atomics[step.variable];
    int value = step.value;
    switch (step.kind) {
      case Kind::kLoad:
        seen += std::to_string(variable.load(for_load(step.order)));
        break;
      case Kind::kStore:
        variable.store(value, for_store(step.order));
        break;
      case Kind::kExchange:
        seen += std::to_string(variable.exchange(value, step.order));
        break;
      case Kind::kCompareExchange:
        --value;
        seen += variable.compare_exchange_strong(value, step.value, step.order) ? "y" : "n";
        break;
      case Kind::kFutexWait:
        seen += wait(variable, value - 1);
        break;
      case Kind::kFutexWake:
        seen += std::to_string(wake_one(variable));
        break;
      case Kind::kFence:
        std::atomic_thread_fence(step.order);
        break;
      case Kind::kLocked: {
        const std::scoped_lock lock{variables.mutex};
        seen += std::to_string(variable.load(std::memory_order_relaxed));
        variable.store(value, std::memory_order_relaxed);
        break;
      }
    }
  }
  return seen + '/';
}

constexpr std::array kAccesses{
    Kind::kLoad,  Kind::kLoad,     Kind::kStore,           Kind::kStore,
    Kind::kFence, Kind::kExchange, Kind::kCompareExchange, Kind::kLocked};
constexpr std::array kWaits{Kind::kStore, Kind::kExchange, Kind::kFutexWait, Kind::kFutexWake};

template <typename Kinds>
Body random_body(std::minstd_rand& random, const Kinds& kinds, std::size_t steps) {
  constexpr std::array kOrders{std::memory_order_relaxed, std::memory_order_acquire,
                               std::memory_order_release, std::memory_order_acq_rel,
                               std::memory_order_seq_cst};
  const auto below = [&](std::size_t count) { return random() / 8 % count; };
  Body body;
  for (std::size_t i = 0; i < steps; ++i)
    body.push_back({.kind = kinds[below(kinds.size())],
                    .variable = below(2),
                    .order = kOrders[below(kOrders.size())],
                    .value = static_cast<int>(1 + below(2))});
  return body;
}

/// The first body runs in the thread that starts the others.
std::string run_all(const std::vector<Body>& bodies) {
  Variables variables;
  std::vector<std::string> seen(bodies.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < bodies.size(); ++i)
    threads.emplace_back([&, i] { seen[i] = run(bodies[i], variables); });
  seen[0] = run(bodies[0], variables);
  for (std::thread& thread : threads) thread.join();
  std::string all;
  for (const std::string& each : seen) all += each;
  for (const std::atomic<int>& each : variables.atomics) all += std::to_string(each.load());
  return all;
}

void compare(const std::vector<Body>& bodies, interleave::Options options, int seed) {
  options.memory = static_cast<interleave::Memory>(seed % 3);
  const auto program = [&] { return run_all(bodies); };
  const std::set<std::string> reduced = interleave::outcomes(program, options);
  // Enough for every interleaving.
  options.preemptions = 1000;
  options.most_executions = 3'000;
  for (const std::string& outcome : interleave::outcomes(program, options))
    CHECK_MESSAGE(reduced.contains(outcome), "seed " << seed << ": " << outcome);
}

}  // namespace

TEST_CASE("reduction: two threads have the same outcomes with and without") {
  for (int seed = 1; seed <= 200; ++seed) {
    std::minstd_rand random{static_cast<std::uint32_t>(seed)};
    random.discard(10);
    const std::vector<Body> bodies{random_body(random, kAccesses, 3),
                                   random_body(random, kAccesses, 3)};
    compare(bodies, {}, seed);
  }
}

TEST_CASE("reduction: three threads have the same outcomes with and without") {
  for (int seed = 1; seed <= 40; ++seed) {
    std::minstd_rand random{static_cast<std::uint32_t>(seed)};
    random.discard(10);
    const std::vector<Body> bodies{random_body(random, kAccesses, 1),
                                   random_body(random, kAccesses, 2),
                                   random_body(random, kAccesses, 1)};
    compare(bodies, {}, seed);
  }
}

TEST_CASE("reduction: threads that sleep have the same outcomes with and without") {
  for (int seed = 1; seed <= 100; ++seed) {
    std::minstd_rand random{static_cast<std::uint32_t>(seed)};
    random.discard(10);
    const std::vector<Body> bodies{random_body(random, kWaits, 2), random_body(random, kWaits, 2),
                                   random_body(random, kWaits, 1)};
    compare(bodies,
            {.timeouts = static_cast<interleave::Timeouts>(seed / 3 % 3),
             .spurious_wake_ups = seed % 2 == 0},
            seed);
  }
}
