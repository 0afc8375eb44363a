/// Tasks and plain threads that use a queue at random, and write down what they do.
#pragma once

#include <mtaio/core.hpp>

#include "proof/histories/history.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace histories {

struct Plan {
  std::size_t capacity = 1;
  std::size_t workers = 2;  // of the runtime
  int putters = 2;          // tasks
  int getters = 2;
  int threads = 1;  // plain ones, on each side
  int puts = 500;   // of each task and thread
  std::uint32_t seed = 1;
  bool gives_up = true;  // some puts and gets of tasks time out
};

/// Uses one queue as planned, until all that was put has come out.
template <class Queue>
class Recording {
 public:
  explicit Recording(const Plan& plan)
      : plan_{plan}, queue_{static_cast<std::ptrdiff_t>(plan.capacity)} {}

  History make() {
    {
      std::vector<std::jthread> putting;
      std::vector<std::jthread> getting;
      for (int i = 0; i < plan_.threads; ++i) {
        putting.emplace_back([this, lane = new_lane()] { put_from_thread(*lane); });
        getting.emplace_back([this, lane = new_lane()] { get_from_thread(*lane); });
      }
      mtaio::run(use(putting), {.threads = plan_.workers});
    }
    History all;
    for (const Lane& lane : lanes_) {
      all.insert(all.end(), lane.log.operations().begin(), lane.log.operations().end());
    }
    return all;
  }

 private:
  using Kind = Operation::Kind;
  using Random = std::minstd_rand;
  static constexpr bool kUrgency = requires(Queue& queue) { queue.put(1U, 1.0); };

  struct Lane {
    Lane(Clock& clock, std::uint32_t seed) : log{clock}, random{seed} {}
    Log log;
    Random random;
  };

  Lane* new_lane() {
    return &lanes_.emplace_back(clock_, plan_.seed * 1'000 + std::uint32_t(lanes_.size()));
  }
  Operation new_put(Lane& lane) {
    return {.kind = Kind::kPut,
            .number = ++last_number_,
            .invoked = lane.log.now(),
            .priority = double(lane.random() % 4)};
  }
  auto put_operation(const Operation& put) {
    if constexpr (kUrgency) {
      return queue_.put(put.number, put.priority);
    } else {
      return queue_.put(put.number);
    }
  }
  bool try_put(std::size_t& number, double priority) {
    if constexpr (kUrgency) {
      return queue_.try_put(number, priority);
    } else {
      return queue_.try_put(number);
    }
  }
  /// Nothing, or a time that may run out.
  mtaio::RunOptions patience(Lane& lane) const {
    if (!plan_.gives_up || lane.random() % 3 != 0) return {};
    return {.timeout = std::chrono::microseconds{lane.random() % 200}};
  }

  mtaio::Task<void> use(std::vector<std::jthread>& putting) {
    std::vector<mtaio::Task<void>> puts;
    std::vector<mtaio::TaskHandle<void>> gets;
    for (int i = 0; i < plan_.putters; ++i) puts.push_back(put_from_task(*new_lane()));
    for (int i = 0; i < plan_.getters; ++i) {
      gets.push_back(executor_.create_task(get_from_task(*new_lane())));
    }
    co_await executor_.gather(std::move(puts));
    const auto join = [&putting] { putting.clear(); };
    co_await executor_.run_in_thread(join);
    queue_.shutdown();
    for (auto& get : gets) co_await get;
    ended_ = true;
  }

  mtaio::Task<void> put_from_task(Lane& lane) {
    for (int i = 0; i < plan_.puts; ++i) {
      Operation put = new_put(lane);
      put.may_wait = true;
      try {
        co_await executor_.run(put_operation(put), patience(lane));
      } catch (const mtaio::TimeoutError&) {
        put.kind = Kind::kGaveUp;
      }
      lane.log.add(put);
    }
  }

  mtaio::Task<void> get_from_task(Lane& lane) {
    for (;;) {
      Operation get{.kind = Kind::kGet, .invoked = lane.log.now()};
      try {
        const auto got = co_await executor_.run(queue_.next(), patience(lane));
        if (!got) co_return;
        get.number = *got;
        lane.log.add(get);
      } catch (const mtaio::TimeoutError&) {
      }
    }
  }

  void put_from_thread(Lane& lane) {
    for (int i = 0; i < plan_.puts; ++i) {
      Operation put = new_put(lane);
      while (!try_put(put.number, put.priority)) {
        put.kind = Kind::kFull;
        lane.log.add(put);
        std::this_thread::yield();
        put.kind = Kind::kPut;
        put.invoked = lane.log.now();
      }
      lane.log.add(put);
    }
  }

  void get_from_thread(Lane& lane) {
    for (bool ended = false; !ended;) {
      ended = ended_;
      Operation get{.kind = Kind::kGet, .invoked = lane.log.now()};
      if (const auto got = queue_.try_get()) {
        get.number = *got;
      } else {
        get.kind = Kind::kEmpty;
        std::this_thread::yield();
      }
      lane.log.add(get);
    }
  }

  const Plan plan_;
  Queue queue_;
  mtaio::TaskExecutor executor_;
  Clock clock_;
  std::atomic<std::size_t> last_number_{0};
  std::atomic<bool> ended_{false};
  std::deque<Lane> lanes_;
};

}  // namespace histories
