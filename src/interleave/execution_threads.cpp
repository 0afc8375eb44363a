/// How the threads of an execution start, sleep and end.
#include "interleave/execution.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <string>

namespace mtaio::testing::interleave {

int Execution::sleep(Wait why, Address queue, std::optional<std::int64_t> deadline, Site site) {
  Thread& self = thread();
  self.state = State::kAsleep;
  self.why = why;
  self.deadline = deadline;
  if (why != Wait::kSleep) waiting.enqueue(queue, current_);
  next(current_) = {.action = Action::kTimeout, .address = queue, .site = site};
  switch_threads();
  self.spin.progress();
  Event& event = story.add(step_number(), current_, next(current_));
  event.failed = self.result != 0;
  return self.result;
}

bool Execution::wake(Address queue) {
  const int woken = waiting.dequeue(queue);
  if (woken == kNoThread) return false;
  Thread& sleeper = threads_[static_cast<std::size_t>(woken)];
  sleeper.state = State::kReady;
  sleeper.result = 0;
  next(woken).action = Action::kWoken;
  next(woken).enabled_by = step_number();
  return true;
}

bool Execution::may_time_out(const Thread& sleeper, bool idle) const noexcept {
  if (!sleeper.deadline) return false;
  switch (options_.timeouts) {
    case Timeouts::kNever:
      return idle && sleeper.why == Wait::kSleep;
    case Timeouts::kWhenIdle:
      return idle;
    case Timeouts::kAnyTime:
      return true;
  }
  return false;
}

bool Execution::may_wake_spuriously(const Thread& sleeper) const noexcept {
  return options_.spurious_wake_ups && sleeper.why == Wait::kFutex && !sleeper.woken_spuriously;
}

/// The thread goes on though it was not woken.
void Execution::stop_sleeping(Thread& sleeper, int number, bool idle) {
  bool spurious = may_wake_spuriously(sleeper) && !idle;
  if (spurious && may_time_out(sleeper, idle))
    spurious = recorder_.choose(2, Choice::kSpuriousWakeUp) == 1;
  waiting.remove(number);
  sleeper.state = State::kReady;
  sleeper.result = spurious ? EINTR : ETIMEDOUT;
  if (spurious)
    sleeper.woken_spuriously = true;
  else
    now_ = std::max(now_, *sleeper.deadline);
}

void Execution::yield() {
  thread().yielded = true;
  thread().spin.progress();
  fairness_.yielded(current_, enabled_actors());
}

void Execution::note_read(Site site, Address address, std::uint64_t value) {
  if (thread().spin.read(site, address, value) && !is_patient()) yield();
}

bool Execution::is_patient(bool yields) {
  constexpr int kMostRounds = 1'000;
  constexpr int kRoundsOfYield = 100;
  if (options_.strategy == Strategy::kExhaustive) return false;
  std::optional<int>& patience = thread().patience;
  if (!patience) patience = recorder_.choose(2, Choice::kPatience) == 1 ? kMostRounds : 0;
  const int rounds = yields ? kRoundsOfYield : 1;
  if (*patience < rounds) return false;
  *patience -= rounds;
  return true;
}

std::int64_t Execution::now() noexcept {
  constexpr std::int64_t kTimeOfACall = 1'000;
  now_ += kTimeOfACall;
  return now_;
}

int Execution::create(void* (*start)(void*), void* argument, Site site) {
  if (count_ == kMostThreads)
    fail(FailureKind::kMisuse,
         "the program starts more than " + std::to_string(kMostThreads) + " threads", site);
  step({.action = Action::kCreate, .site = site});
  note_progress();
  return add_thread(start, argument, site);
}

int Execution::add_thread(void* (*start)(void*), void* argument, Site site) {
  const int number = count_++;
  const auto index = static_cast<std::size_t>(number);
  Thread& added = threads_[index];
  added.state = State::kReady;
  added.start = start;
  added.argument = argument;
  added.returned = nullptr;
  added.yielded = false;
  added.frame = 0;
  added.spin.progress();
  added.patience.reset();
  added.started.clear();
  added.ended.clear();
  added.deadline.reset();
  added.woken_spuriously = false;
  next(number) = {.action = Action::kStart, .site = site};
  if (number > 0) {
    memory_.release(current_, added.started);
    memory_.acquire(number, added.started);
  }
  fibers_[index].start(&run_thread, this);
  host_.thread_made(number);
  return number;
}

/// The first function on a fiber.
void Execution::run_thread(void* execution) {
  auto& self = *static_cast<Execution*>(execution);
  const Thread& thread = self.thread();
  const int number = self.current_;
  if (number > 0) self.story.add(self.step_number(), number, self.next(number));
  void* returned = nullptr;
  state::program_runs = true;
  try {
    if (number == 0)
      (*self.program_)();
    else
      returned = thread.start(thread.argument);
  } catch (const std::exception& error) {
    state::program_runs = false;
    self.fail(FailureKind::kTerminated, std::string{"exception not caught: "} + error.what(),
              nullptr);
  } catch (...) {
    state::program_runs = false;
    self.fail(FailureKind::kTerminated, "exception not caught", nullptr);
  }
  self.host_.thread_ends(number);
  state::program_runs = false;
  self.end_thread(returned);
}

void Execution::end_thread(void* returned) {
  step({.action = Action::kEnd});
  Thread& self = thread();
  self.returned = returned;
  memory_.release(current_, self.ended);
  self.state = State::kEnded;
  self.frame = std::numeric_limits<Address>::max();
  switch_threads();
}

void* Execution::join(int number, Site site) {
  step({.action = Action::kJoin, .other = number, .site = site});
  note_progress();
  const Thread& joined = threads_[static_cast<std::size_t>(number)];
  memory_.acquire(current_, joined.ended);
  return joined.returned;
}

bool Execution::is_gone(Address address) const noexcept {
  const int owner = owner_of_stack(address);
  return owner != kNoThread && owner != current_ &&
         address < threads_[static_cast<std::size_t>(owner)].frame;
}

int Execution::owner_of_stack(Address address) const noexcept {
  // Most accesses are to the own stack.
  if (fibers_[static_cast<std::size_t>(current_)].contains(address)) return current_;
  for (int number = 0; number < kMostThreads; ++number)
    if (fibers_[static_cast<std::size_t>(number)].contains(address)) return number;
  return kNoThread;
}

}  // namespace mtaio::testing::interleave
