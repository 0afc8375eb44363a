#include "interleave/execution.hpp"

#include <exception>
#include <limits>
#include <string>
#include <utility>

namespace mtaio::testing::interleave {

Execution::Execution(Recorder& recorder, MemoryModel& memory, const Options& options,
                     const Host& host)
    : recorder_{recorder}, memory_{memory}, options_{options}, host_{host} {}

Ending Execution::run(const std::function<void()>& program) {
  memory_.begin();
  waiting.begin();
  story.begin();
  fairness_.begin();
  program_ = &program;
  count_ = 0;
  steps_ = 0;
  constexpr std::int64_t kFirstTime = 1'000'000'000;
  now_ = kFirstTime;
  ending_ = {};
  host_.execution_begins();
  current_ = add_thread(nullptr, nullptr, nullptr);
  host_.switching(kNoThread, current_);
  context_.switch_to(fibers_[0]);
  host_.execution_ended();
  return std::move(ending_);
}

Event& Execution::step(const Operation& operation) {
  next(current_) = operation;
  thread().frame = reinterpret_cast<Address>(__builtin_frame_address(0));
  switch_threads();
  if (std::exchange(thread().yielded, false)) memory_.catch_up(current_);
  return story.add(step_number(), current_, next(current_));
}

// Who goes on.

/// Lets the strategy decide who makes the next step. Returns when the current thread does.
void Execution::switch_threads() {
  while (true) {
    Actors enabled = enabled_actors();
    // Time also passes while all others spin.
    const Actors sleepers = fairness_.all_wait(enabled) ? earliest_sleepers() : 0;
    const bool idle = sleepers != 0;
    if (idle) enabled = sleepers;
    if (enabled == 0) finish();
    if (steps_ == options_.most_steps)
      fail(FailureKind::kLivelock, "the threads go on after " + std::to_string(steps_) + " steps",
           next(current_).site);
    const Actors allowed = fairness_.allowed(enabled);
    const int actor = recorder_.choose_actor(moment(allowed, idle));
    if (actor == kNoThread) leave({.result = Ending::Result::kRedundant});
    if (actor == kDiverged)
      leave({.result = Ending::Result::kFailed,
             .kind = FailureKind::kMisuse,
             .what = "the program has not done the same as before, though its threads were "
                     "interleaved alike",
             .site = next(current_).site});
    ++steps_;
    plain_accesses_ = 0;
    fairness_.stepped(actor, enabled);
    if (actor >= kBuffers) {
      drain(actor - kBuffers);
      continue;
    }
    Thread& chosen = threads_[static_cast<std::size_t>(actor)];
    if (chosen.state == State::kAsleep) stop_sleeping(chosen, actor, idle);
    if (actor != current_) go_to(actor);
    return;
  }
}

Moment Execution::moment(Actors enabled, bool idle) {
  Moment moment{.enabled = enabled, .current = current_, .next = next_, .idle = idle};
  for (int number = 0; number < count_; ++number)
    if (threads_[static_cast<std::size_t>(number)].state == State::kReady &&
        !contains(enabled, number))
      moment.stuck |= actor_bit(number);
  return moment;
}

Actors Execution::enabled_actors() {
  Actors enabled = 0;
  for (int number = 0; number < count_; ++number) {
    const Thread& each = threads_[static_cast<std::size_t>(number)];
    if (next(number).action == Action::kCreate) next(number).other = count_;
    if (is_enabled(each, next(number), number)) enabled |= actor_bit(number);
    if (const BufferedStore* const store = memory_.buffered(number)) {
      next(kBuffers + number) = {.action = Action::kDrain,
                                 .size = store->size,
                                 .address = store->address,
                                 .enabled_by = store->step};
      enabled |= actor_bit(kBuffers + number);
    }
  }
  return enabled;
}

bool Execution::is_enabled(const Thread& each, const Operation& operation, int number) {
  if (each.state == State::kEnded) return false;
  if (each.state == State::kAsleep) return may_time_out(each, false) || may_wake_spuriously(each);
  switch (operation.action) {
    case Action::kMutexLock:
      return !waiting.is_locked(operation.address) && memory_.buffered(number) == nullptr;
    case Action::kJoin:
      return threads_[static_cast<std::size_t>(operation.other)].state == State::kEnded;
    case Action::kStart:
    case Action::kWoken:
    case Action::kYield:
    case Action::kLoad:
    case Action::kBuffer:
    case Action::kMembarrier:
      return true;
    case Action::kFence:
      return !is_seq_cst(operation.order) || memory_.buffered(number) == nullptr;
    default:
      // Locked instructions and system calls wait for the thread's store buffer.
      return memory_.buffered(number) == nullptr;
  }
}

/// The threads whose deadline is the next one.
Actors Execution::earliest_sleepers() const {
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  Actors sleepers = 0;
  for (int number = 0; number < count_; ++number) {
    const Thread& each = threads_[static_cast<std::size_t>(number)];
    if (each.state != State::kAsleep || !may_time_out(each, true)) continue;
    if (*each.deadline < earliest) {
      earliest = *each.deadline;
      sleepers = 0;
    }
    if (*each.deadline == earliest) sleepers |= actor_bit(number);
  }
  return sleepers;
}

void Execution::drain(int number) {
  const BufferedStore store = *memory_.buffered(number);
  memory_.drain(number);
  story.add(step_number(), kBuffers + number, next(kBuffers + number)).written = store.value;
}

void Execution::go_to(int number) {
  const int from = std::exchange(current_, number);
  host_.switching(from, number);
  Context::switch_between(fibers_[static_cast<std::size_t>(from)],
                          fibers_[static_cast<std::size_t>(number)]);
}

// Ends.

/// No thread can go on.
void Execution::finish() {
  recorder_.end(moment(0, true));
  for (int number = 0; number < count_; ++number)
    if (threads_[static_cast<std::size_t>(number)].state != State::kEnded) fail_stuck();
  leave({});
}

void Execution::fail_stuck() {
  bool asleep = false;
  std::string what;
  for (int number = 0; number < count_; ++number) {
    const Thread& each = threads_[static_cast<std::size_t>(number)];
    if (each.state == State::kEnded) continue;
    if (!what.empty()) what += ", ";
    what += "thread " + std::to_string(number);
    if (each.state == State::kAsleep) {
      asleep = true;
      what += each.why == Wait::kFutex ? " sleeps in a futex" : " sleeps in a condition variable";
    } else if (next(number).action == Action::kJoin) {
      what += " joins thread " + std::to_string(next(number).other);
    } else {
      what += " waits for a mutex";
    }
  }
  leave({.result = Ending::Result::kFailed,
         .kind = asleep ? FailureKind::kLostWakeUp : FailureKind::kDeadlock,
         .what = what + ", and no thread goes on"});
}

void Execution::fail(FailureKind kind, std::string what, Site site, Site other) {
  // What the others were about to do may come before.
  const Actors enabled = enabled_actors();
  Moment last = moment(0, false);
  last.stuck = (last.stuck | enabled) & ~actor_bit(current_);
  recorder_.end(last);
  leave({.result = Ending::Result::kFailed,
         .kind = kind,
         .what = std::move(what),
         .site = site,
         .other = other});
}

/// Goes back to `run()`; the stacks of the threads are forgotten.
void Execution::leave(Ending ending) {
  ending_ = std::move(ending);
  if (!memory_.is_possible()) ending_.result = Ending::Result::kRedundant;
  host_.switching(current_, kNoThread);
  context_.switch_back(fibers_[static_cast<std::size_t>(current_)]);
  std::terminate();
}

}  // namespace mtaio::testing::interleave
