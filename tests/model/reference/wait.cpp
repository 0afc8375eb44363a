#include "model/reference/wait.hpp"

#include <cstdio>

namespace model {
namespace {

const char* name_of(End end) noexcept {
  static constexpr std::array kNames{"waits",     "served",    "timed out",
                                     "cancelled", "shut down", "failed"};
  return kNames[static_cast<std::size_t>(end)];
}

[[noreturn, gnu::cold]] void ended_differently(End expected, End found) noexcept {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "a wait ended as: %s; should be: %s", name_of(found),
                name_of(expected));
  diverged(text.data());
}

}  // namespace

Wait& Waits::begin(std::size_t actor, Time deadline) noexcept {
  Wait& wait = waits_[actor];
  expect(!wait.pending, "the program has an actor that does two things at once");
  wait.pending = true;
  wait.waits = false;
  wait.end = End::kNone;
  wait.item = 0;
  wait.deadline = deadline;
  wait.line = nullptr;
  return wait;
}

void Waits::enter(Wait& wait, Line* line) noexcept {
  if (wait.stopped) return end(wait, End::kCancelled);
  wait.waits = true;
  if (line) line->add(wait);
}

void Waits::end(Wait& wait, End how) noexcept {
  if (wait.line) wait.line->remove(wait);
  wait.end = how;
  wait.ended = simulation_.elapsed();
}

void Waits::stop(std::size_t actor) noexcept {
  Wait& wait = waits_[actor];
  wait.stopped = true;
  if (wait.pending && wait.waits && wait.end == End::kNone) end(wait, End::kCancelled);
}

void Waits::went_on(std::size_t actor, End how) noexcept {
  Wait& wait = waits_[actor];
  note(simulation_.elapsed(), "actor %zu goes on: %s", actor, name_of(how));
  if (wait.end != how) ended_differently(wait.end, how);
  expect(simulation_.elapsed() - wait.ended <= max_lag_,
         "an actor went on later than the machine's lag explains");
  wait.pending = false;
}

void Waits::after(mtaio::testing::Step step) noexcept {
  const Time now = simulation_.elapsed();
  for (Wait& wait : waits_) {
    if (!wait.pending) continue;
    if (wait.end != End::kNone) {
      expect(step != mtaio::testing::Step::kRest,
             "nothing runs any more, but an actor should: a lost wake-up");
      continue;
    }
    if (step == mtaio::testing::Step::kTimers && wait.deadline <= now) end(wait, End::kTimedOut);
    expect(wait.end != End::kNone || wait.deadline >= now, "time has passed the end of a wait");
  }
}

}  // namespace model
