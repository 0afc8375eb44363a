#include "proof/histories/check.hpp"
#include "proof/histories/record.hpp"
#include "proof/soak/planted.hpp"
#include "proof/soak/rounds.hpp"
#include "support/counted.hpp"

#include <chrono>
#include <thread>
#include <vector>

namespace soak {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMostItems = 3'000;

/// One queue, and the tasks and threads that use it.
template <class Queue>
class Shop {
 public:
  Shop(std::uint32_t seed, Totals& totals)
      : random_{seed}, totals_{totals}, queue_{std::ptrdiff_t(random_() % 8)} {}

  mtaio::Task<void> open() {
    const auto workers = 1 + random_() % 4;
    const bool immediate = random_() % 3 == 0;
    {
      std::jthread plain;
      if (random_() % 4 == 0) plain = std::jthread{[this, seed = random_()] { put_plainly(seed); }};
      std::vector<mtaio::TaskHandle<void>> tasks;
      for (std::uint32_t i = 0; i < workers; ++i) {
        tasks.push_back(executor_.create_task(produce(random_())));
        tasks.push_back(executor_.create_task(consume(random_())));
      }
      co_await mtaio::sleep(microseconds{random_() % 3'000});
      if (random_() % 2 == 0) tasks[random_() % tasks.size()].request_stop();
      co_await mtaio::sleep(microseconds{random_() % 3'000});
      queue_.shutdown(immediate);
      ++totals_.shutdowns;
      for (auto& task : tasks) co_await end_of(task);
    }
    // Consumers that were stopped may have left something, and have ticked off what they took.
    while (const auto left = queue_.try_get()) take(left->value());
    co_await queue_.join();
    totals_.items += ledger_.balance(!immediate);
  }

 private:
  mtaio::Task<void> end_of(mtaio::TaskHandle<void>& task) {
    try {
      co_await task;
    } catch (const mtaio::CancelledError&) {
      ++totals_.cancellations;
    }
  }

  static void throw_unless_shut_down(const mtaio::ExecutionError& error) {
    try {
      error.rethrow_cause();
    } catch (const mtaio::QueueShutDown&) {
      return;
    }
  }

  mtaio::RunOptions patience(Random& random) {
    if (random() % 3 != 0) return {};
    return {.timeout = microseconds{random() % 300}};
  }

  mtaio::Task<void> produce(std::uint32_t seed) {
    Random random{seed};
    std::size_t number = 0;
    while (ledger_.next(number)) {
      test::Counted item{static_cast<int>(number)};
      try {
        co_await executor_.run(queue_.put(std::move(item)), patience(random));
        ledger_.put(number);
      } catch (const mtaio::TimeoutError&) {
        ++totals_.timeouts;
      } catch (const mtaio::ExecutionError& error) {
        throw_unless_shut_down(error);
        co_return;
      }
      if (random() % 64 == 0) co_await mtaio::sleep(microseconds{random() % 100});
    }
  }

  mtaio::Task<void> consume(std::uint32_t seed) {
    Random random{seed};
    for (;;) {
      try {
        const auto item = co_await executor_.run(queue_.next(), patience(random));
        if (!item) co_return;
        take(item->value());
      } catch (const mtaio::TimeoutError&) {
        ++totals_.timeouts;
      }
      if (random() % 64 == 0) co_await mtaio::sleep(microseconds{random() % 100});
    }
  }

  void put_plainly(std::uint32_t seed) {
    Random random{seed};
    std::size_t number = 0;
    while (ledger_.next(number)) {
      test::Counted item{static_cast<int>(number)};
      try {
        if (queue_.try_put(item)) ledger_.put(number);
      } catch (const mtaio::QueueShutDown&) {
        return;
      }
      if (random() % 4 == 0) std::this_thread::yield();
    }
  }

  void take(int number) {
    if (!planted("lost")) ledger_.got(static_cast<std::size_t>(number));
    if (planted("doubled")) ledger_.got(static_cast<std::size_t>(number));
    queue_.task_done();
  }

  Random random_;
  Totals& totals_;
  Ledger ledger_{kMostItems};
  Queue queue_;
  mtaio::TaskExecutor executor_;
};

template <class Queue>
mtaio::Task<void> open_shop(std::uint32_t seed, Totals& totals) {
  Shop<Queue> shop{seed, totals};
  co_await shop.open();
}

template <class Queue>
void record(const histories::Plan& plan, histories::Order order, Totals& totals) {
  const histories::History history = histories::Recording<Queue>{plan}.make();
  const std::string complaint = complaint_about(history, order, plan.capacity);
  if (!complaint.empty()) throw Broken{"history: " + complaint};
  totals.items += static_cast<std::uint64_t>(plan.puts) * std::uint64_t(plan.putters);
}

}  // namespace

mtaio::Task<void> shut_a_queue_down(std::uint32_t seed, Totals& totals) {
  switch (seed % 3) {
    case 0:
      return open_shop<mtaio::AsyncQueue<test::Counted>>(seed, totals);
    case 1:
      return open_shop<mtaio::PriorityQueue<test::Counted>>(seed, totals);
    default:
      return open_shop<mtaio::LIFOQueue<test::Counted>>(seed, totals);
  }
}

void record_a_history(std::uint32_t seed, Totals& totals) {
  Random random{seed};
  const histories::Plan plan{.capacity = 1 + random() % 20,
                             .workers = 1 + random() % 3,
                             .putters = 1 + int(random() % 3),
                             .getters = 1 + int(random() % 3),
                             .threads = int(random() % 3),
                             .puts = 200,
                             .seed = seed,
                             .gives_up = random() % 4 != 0};
  switch (random() % 3) {
    case 0:
      return record<mtaio::AsyncQueue<std::size_t>>(plan, histories::Order::kFifo, totals);
    case 1:
      return record<mtaio::PriorityQueue<std::size_t>>(plan, histories::Order::kPriority, totals);
    default:
      return record<mtaio::LIFOQueue<std::size_t>>(plan, histories::Order::kLifo, totals);
  }
}

}  // namespace soak
