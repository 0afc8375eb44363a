/// The timers of a worker: each fires once, and not after disarm().
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/timeout/timed_context.hpp>

#include "interleave/models/model.hpp"
#include "support/idle_scheduler.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::lowlevel::TimePoint;
using mtaio::lowlevel::Timer;
using mtaio::lowlevel::TimerHeap;

constexpr TimePoint kDue{std::chrono::seconds{1}};

struct CountingTimer : Timer {
  CountingTimer() : Timer{&CountingTimer::fired} {}
  static void fired(Timer& timer) noexcept { ++static_cast<CountingTimer&>(timer).count; }
  int count = 0;
};

/// When disarm() has returned, the timer may be destroyed.
void fire_against_disarm() {
  TimerHeap heap;
  auto timer = std::make_unique<CountingTimer>();
  heap.arm(*timer, kDue);
  in_threads([&] { heap.fire_due(kDue); },
             [&] {
               TimerHeap::disarm(*timer);
               require(timer->count <= 1, "at most once");
               timer.reset();
             });
}

void two_threads_fire() {
  TimerHeap heap;
  std::array<CountingTimer, 2> timers;
  for (Timer& timer : timers) heap.arm(timer, kDue);
  const auto fire = [&] { heap.fire_due(kDue); };
  in_threads(fire, fire);
  for (CountingTimer& timer : timers) {
    require(timer.count == 1, "each fires once");
    TimerHeap::disarm(timer);
  }
}

void arm_against_fire_and_disarm() {
  TimerHeap heap;
  auto first = std::make_unique<CountingTimer>();
  CountingTimer second;
  heap.arm(*first, kDue);
  in_threads([&] { heap.fire_due(kDue); }, [&] { heap.arm(second, kDue); },
             [&] {
               TimerHeap::disarm(*first);
               first.reset();
             });
  heap.fire_due(kDue);
  require(second.count == 1, "a timer that was armed fires");
  TimerHeap::disarm(second);
}

/// A timer disarms another one while it fires, and blocks: others may fire meanwhile.
void a_timer_that_blocks() {
  struct Blocking : Timer {
    explicit Blocking(TimerHeap& armed_in) : Timer{&Blocking::fired}, heap{armed_in} {}
    static void fired(Timer& timer) noexcept {
      auto& self = static_cast<Blocking&>(timer);
      self.heap.let_others_fire();
      while (self.others.load(std::memory_order_acquire) == 0) std::this_thread::yield();
    }
    TimerHeap& heap;
    std::atomic<int> others{0};
  };
  struct Counting : Timer {
    explicit Counting(Blocking& blocked) : Timer{&Counting::fired}, blocking{blocked} {}
    static void fired(Timer& timer) noexcept {
      static_cast<Counting&>(timer).blocking.others.store(1, std::memory_order_release);
    }
    Blocking& blocking;
  };
  TimerHeap heap;
  Blocking blocking{heap};
  Counting counting{blocking};
  heap.arm(blocking, kDue);
  heap.arm(counting, kDue);
  const auto fire = [&] {
    while (blocking.others.load(std::memory_order_acquire) == 0) {
      heap.fire_due(kDue);
      std::this_thread::yield();
    }
  };
  in_threads(fire, fire);
  TimerHeap::disarm(blocking);
  TimerHeap::disarm(counting);
}

/// A thread that sees the deadline without the lock sees what came before arm().
void seen_with_what_came_before() {
  TimerHeap heap;
  CountingTimer timer;
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        heap.arm(timer, kDue);
      },
      [&] {
        if (heap.next_deadline() == kDue) require(data == 1, "arm/look");
      });
  TimerHeap::disarm(timer);
  require(heap.next_deadline() == TimePoint::max(), "no timer is left");
}

/// Arms the timers of contexts.
class ArmingScheduler final : public test::IdleScheduler {
 public:
  void arm(Timer& timer, TimePoint deadline) noexcept override { heap.arm(timer, deadline); }
  TimerHeap heap;
};

/// A thread that finds that the time of a context is over sees what came before the timer fired.
void expired_with_what_came_before() {
  ArmingScheduler scheduler;
  mtaio::internal::TimedContext context{nullptr, std::chrono::milliseconds{1}, scheduler};
  context.scope.attach();
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        scheduler.heap.fire_due(kDue);
      },
      [&] {
        if (context.expired()) require(data == 1, "expire/ended");
      });
  context.close();
}

TEST_CASE("model: TimedContext") {
  check_model("expired with what came before", &expired_with_what_came_before, all(20'000));
}

TEST_CASE("model: TimerHeap") {
  check_model("fire against disarm", &fire_against_disarm, all(20'000));
  check_model("two threads fire", &two_threads_fire, all(20'000));
  check_model("arm against fire and disarm", &arm_against_fire_and_disarm, all_with(2, 20'000));
  check_model("a timer that blocks", &a_timer_that_blocks, all_with(2, 20'000));
  check_model("seen with what came before", &seen_with_what_came_before, all(20'000));
}

}  // namespace
