#include <mtaio/lowlevel/timer.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using mtaio::lowlevel::TimePoint;
using mtaio::lowlevel::Timer;
using mtaio::lowlevel::TimerHeap;

constexpr TimePoint kStart{100h};

class CallingTimer : public Timer {
 public:
  explicit CallingTimer(std::function<void()> what)
      : Timer{[](Timer& timer) noexcept { static_cast<CallingTimer&>(timer).what_(); }},
        what_{std::move(what)} {}

 private:
  std::function<void()> what_;
};

TEST_CASE("timers: fire when they expire, in the order of their deadlines") {
  TimerHeap heap;
  std::vector<int> fired;
  CallingTimer late{[&] { fired.push_back(3); }};
  CallingTimer early{[&] { fired.push_back(1); }};
  CallingTimer middle{[&] { fired.push_back(2); }};
  heap.arm(late, kStart + 3s);
  heap.arm(early, kStart + 1s);
  heap.arm(middle, kStart + 2s);
  CHECK_FALSE(heap.fire_due(kStart));
  CHECK(fired.empty());
  CHECK(heap.fire_due(kStart + 1s));
  CHECK(fired == std::vector{1});
  CHECK(heap.fire_due(kStart + 1h));
  CHECK(fired == std::vector{1, 2, 3});
  CHECK_FALSE(heap.fire_due(kStart + 2h));
  CHECK(fired.size() == 3);
}

TEST_CASE("timers: equal deadlines fire in the order in which they were armed") {
  TimerHeap heap;
  std::vector<int> fired;
  std::vector<std::unique_ptr<CallingTimer>> timers;
  std::vector<int> expected;
  for (int i = 0; i < 100; ++i) {
    timers.push_back(std::make_unique<CallingTimer>([&fired, i] { fired.push_back(i); }));
    heap.arm(*timers.back(), kStart);
    expected.push_back(i);
  }
  heap.fire_due(kStart);
  CHECK(fired == expected);
}

TEST_CASE("timers: arm() says whether the timer is the earliest, next_deadline() when that is") {
  TimerHeap heap;
  CallingTimer first{[] {}};
  CallingTimer second{[] {}};
  CHECK(heap.next_deadline() == TimePoint::max());
  CHECK(heap.arm(second, kStart + 2s));
  CHECK(heap.next_deadline() == kStart + 2s);
  CHECK(heap.arm(first, kStart + 1s));
  CHECK(heap.next_deadline() == kStart + 1s);
  TimerHeap::disarm(first);
  CHECK(heap.next_deadline() == kStart + 2s);
  CHECK_FALSE(heap.arm(first, kStart + 3s));
  heap.fire_due(kStart + 1h);
  CHECK(heap.next_deadline() == TimePoint::max());
}

TEST_CASE("timers: a disarmed one does not fire, and may be disarmed again") {
  TimerHeap heap;
  int fired = 0;
  CallingTimer timer{[&] { ++fired; }};
  TimerHeap::disarm(timer);  // never armed
  heap.arm(timer, kStart);
  TimerHeap::disarm(timer);
  TimerHeap::disarm(timer);
  CHECK_FALSE(heap.fire_due(kStart + 1s));
  CHECK(fired == 0);
  heap.arm(timer, kStart + 2s);
  heap.fire_due(kStart + 2s);
  CHECK(fired == 1);
  TimerHeap::disarm(timer);  // has fired
}

TEST_CASE("timers: a timer may arm itself again, disarm itself, and disarm others while it fires") {
  TimerHeap heap;
  int fired = 0;
  int others = 0;
  CallingTimer other{[&] { ++others; }};
  CallingTimer* self = nullptr;
  CallingTimer timer{[&] {
    TimerHeap::disarm(*self);
    TimerHeap::disarm(other);
    if (++fired < 3) heap.arm(*self, kStart + std::chrono::seconds{fired});
  }};
  self = &timer;
  heap.arm(timer, kStart);
  heap.arm(other, kStart);
  heap.fire_due(kStart);
  CHECK(fired == 1);
  CHECK(heap.next_deadline() == kStart + 1s);
  heap.fire_due(kStart + 1h);
  CHECK(fired == 3);
  CHECK(others == 0);
}

TEST_CASE("timers: a timer armed for the past while others fire fires with them") {
  TimerHeap heap;
  int fired = 0;
  CallingTimer late{[&] { ++fired; }};
  CallingTimer timer{[&] { heap.arm(late, kStart - 1s); }};
  heap.arm(timer, kStart);
  heap.fire_due(kStart);
  CHECK(fired == 1);
}

TEST_CASE("timers: random arming, disarming and firing agree with a plain list") {
  struct Known {
    std::unique_ptr<CallingTimer> timer;
    TimePoint deadline;
    bool armed = false;
    bool fired = false;
  };
  std::mt19937 random{1};
  TimerHeap heap;
  std::vector<Known> all(50);
  for (auto& known : all) {
    known.timer = std::make_unique<CallingTimer>([&known] { known.fired = true; });
  }
  TimePoint now = kStart;
  bool agrees = true;
  for (int step = 0; step < 20'000; ++step) {
    Known& known = all[random() % all.size()];
    switch (random() % 3) {
      case 0:
        if (known.armed) break;
        known.deadline = now + std::chrono::seconds{random() % 20};
        known.armed = true;
        heap.arm(*known.timer, known.deadline);
        break;
      case 1:
        TimerHeap::disarm(*known.timer);
        known.armed = false;
        break;
      default:
        now += std::chrono::seconds{random() % 3};
        heap.fire_due(now);
        for (auto& each : all) {
          agrees = agrees && each.fired == (each.armed && each.deadline <= now);
          if (each.fired) each.armed = each.fired = false;
        }
    }
  }
  CHECK(agrees);
}

TEST_CASE("timers: disarm() waits while another thread fires the timer") {
  TimerHeap heap;
  std::atomic<bool> firing = false;
  std::atomic<bool> let_go = false;
  std::atomic<bool> ended = false;
  CallingTimer timer{[&] {
    firing = true;
    while (!let_go) std::this_thread::yield();
    ended = true;
  }};
  heap.arm(timer, kStart);
  std::thread other{[&] { heap.fire_due(kStart); }};
  while (!firing) std::this_thread::yield();
  std::thread release{[&] { let_go = true; }};
  TimerHeap::disarm(timer);
  CHECK(ended);
  other.join();
  release.join();
}

TEST_CASE("timers: one thread fires at a time, but not while it blocks") {
  TimerHeap heap;
  bool second_fired = false;
  CallingTimer first{[&] {
    CHECK_FALSE(heap.fire_due(kStart));
    heap.let_others_fire();
    CHECK(heap.fire_due(kStart));
    CHECK(second_fired);
  }};
  CallingTimer second{[&] { second_fired = true; }};
  heap.arm(first, kStart);
  heap.arm(second, kStart);
  heap.fire_due(kStart);
  CHECK(second_fired);
}

TEST_CASE("timers: armed, disarmed and fired by many threads, none fires once it is disarmed") {
  TimerHeap heap;
  std::atomic<std::int64_t> now{0};
  std::atomic<bool> stop = false;
  const auto time = [&now] { return kStart + std::chrono::nanoseconds{now}; };
  std::vector<std::thread> firing;
  for (int i = 0; i < 2; ++i) {
    firing.emplace_back([&] {
      while (!stop) {
        ++now;
        heap.fire_due(time());
        std::this_thread::yield();
      }
    });
  }
  std::vector<std::thread> arming;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 2; ++i) {
    arming.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        // On the heap, so that AddressSanitizer sees a timer that fires too late.
        const auto armed = std::make_unique<std::atomic<bool>>(true);
        const auto fired = std::make_unique<int>(0);
        const auto timer = std::make_unique<CallingTimer>([&armed, &fired, &wrong] {
          if (!*armed || ++*fired > 1) ++wrong;
        });
        heap.arm(*timer, time() + std::chrono::nanoseconds{round % 3});
        if (round % 2 == 0) std::this_thread::yield();
        TimerHeap::disarm(*timer);
        *armed = false;
      }
    });
  }
  for (auto& thread : arming) thread.join();
  stop = true;
  for (auto& thread : firing) thread.join();
  CHECK(wrong == 0);
}

}  // namespace
