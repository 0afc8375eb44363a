/// Timers are armed, disarmed and fired, and do that to each other.
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/testing/simulation.hpp>

#include "model/explore/check.hpp"
#include "model/explore/program.hpp"
#include "model/reference/timer_model.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

namespace model {
namespace {

using mtaio::lowlevel::TimePoint;
using mtaio::lowlevel::TimerHeap;

constexpr std::size_t kTimers = 10;

class TimerProgram final : public RandomProgram {
 public:
  void run(std::uint64_t seed) override {
    simulation_.restart(seed);
    now_ = Time{};
    heap_.emplace();
    model_ = {};
    for (Timer& timer : timers_) timer.program = this;
    for (std::size_t operations = 8 + choose(24); operations > 0; --operations) {
      change();
      if (choose(4) == 0) fire();
    }
    now_ = Time{1'000'000};
    for (int i = 0; model_.first() != kTimers; ++i) {
      expect(i < 100, "timers are armed again and again");
      fire();
    }
  }

 private:
  struct Timer final : mtaio::lowlevel::Timer {
    Timer() noexcept : mtaio::lowlevel::Timer{&Timer::fired} {}
    static void fired(mtaio::lowlevel::Timer& timer) noexcept {
      auto& self = static_cast<Timer&>(timer);
      self.program->fired(static_cast<std::size_t>(&self - self.program->timers_.data()));
    }
    TimerProgram* program = nullptr;
  };

  std::size_t choose(std::size_t count) { return simulation_.choose(count); }

  void change() {
    const std::size_t timer = choose(kTimers);
    if (model_.is_armed(timer) || choose(16) == 0) {
      note(now_, "disarm %zu", timer);
      model_.disarm(timer);
      TimerHeap::disarm(timers_[timer]);
    } else {
      arm(timer, now_ + Time{choose(8)} - Time{2});
    }
    compare();
  }

  void arm(std::size_t timer, Time deadline) {
    note(now_, "arm %zu for %lld", timer, static_cast<long long>(deadline.count()));
    const bool first = model_.arm(timer, deadline);
    expect_equal(first, heap_->arm(timers_[timer], TimePoint{deadline}), "arm()");
    expect(timers_[timer].deadline() == TimePoint{deadline}, "deadline()");
  }

  void fire() {
    now_ += Time{choose(6)};
    note(now_, "fire");
    const bool due = model_.next_deadline() <= now_;
    last_fire_ = now_;
    const bool fired = heap_->fire_due(TimePoint{now_});
    expect_equal(due, fired, "fire_due()");
    expect(model_.next_deadline() > last_fire_, "a timer that is due has not fired");
    compare();
  }

  void fired(std::size_t timer) noexcept {
    note(now_, "%zu fires", timer);
    expect_equal(model_.first(), timer, "the timer that fires");
    expect(model_.next_deadline() <= now_, "a timer fires too early");
    model_.disarm(timer);
    compare();
    switch (choose(8)) {
      case 0:
        return arm(timer, now_ + Time{choose(4)});
      case 1:
      case 2:
        return change();
      case 3:
        return expect(!heap_->fire_due(TimePoint{now_}), "fire_due() while a timer fires");
      case 4:
        return TimerHeap::disarm(timers_[timer]);
      default:
        return;
    }
  }

  void compare() noexcept {
    const Time next = model_.next_deadline();
    const TimePoint expected = next == kNever ? TimePoint::max() : TimePoint{next};
    expect(heap_->next_deadline() == expected, "next_deadline()");
  }

  mtaio::testing::Simulation simulation_{{.seed = 0}};  // for its choices
  Time now_{};
  Time last_fire_{};
  std::optional<TimerHeap> heap_;
  TimerModel<kTimers> model_;
  std::array<Timer, kTimers> timers_;
};

}  // namespace

std::unique_ptr<RandomProgram> make_timer_program() { return std::make_unique<TimerProgram>(); }

}  // namespace model
