#include "interleave/trace.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

void Past::include(int actor, std::size_t step) noexcept {
  std::uint32_t& end = ends_[static_cast<std::size_t>(actor)];
  end = std::max(end, static_cast<std::uint32_t>(step + 1));
}

void Past::join(const Past& other) noexcept {
  for (std::size_t i = 0; i < ends_.size(); ++i) ends_[i] = std::max(ends_[i], other.ends_[i]);
}

void Trace::truncate(std::size_t size) {
  steps_.resize(std::min(size, steps_.size()));
  last_.fill(kNone);
  for (std::size_t i = 0; i < steps_.size(); ++i)
    last_[static_cast<std::size_t>(steps_[i].actor)] = i;
}

/// Of the last step of an actor.
Past Trace::past_of(int actor) const {
  const std::size_t last = last_[static_cast<std::size_t>(actor)];
  return last == kNone ? Past{} : steps_[last].past;
}

/// The step with what has to come before it in any order.
Trace::Step Trace::begin_step(int actor, const Operation& operation) const {
  Step step{.actor = actor, .operation = operation, .past = {}, .fixed = past_of(actor)};
  // A thread goes on when its store buffer lets it.
  if (actor < kBuffers) step.fixed.join(past_of(kBuffers + actor));
  if (operation.enabled_by) step.fixed.join(steps_[*operation.enabled_by].past);
  if (!is_enabled_by_others(operation)) return step;
  for (const Step& earlier : steps_)
    if (dependence(earlier.actor, earlier.operation, actor, operation) == Dependence::kEnables)
      step.fixed.join(earlier.past);
  return step;
}

void Trace::end_step(Step& step) {
  step.past.include(step.actor, steps_.size());
  last_[static_cast<std::size_t>(step.actor)] = steps_.size();
  steps_.push_back(step);
}

void Trace::add(int actor, const Operation& operation, std::vector<std::size_t>& races) {
  Step step = begin_step(actor, operation);
  // A lock races with the lock before it, though the unlock between them makes it possible.
  Past known = operation.action == Action::kMutexLock ? past_of(actor) : step.fixed;
  step.past = step.fixed;
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step& earlier = steps_[i];
    if (earlier.actor == actor || known.includes(earlier.actor, i)) continue;
    if (dependence(earlier.actor, earlier.operation, actor, operation) != Dependence::kRace)
      continue;
    races.push_back(i);
    known.join(earlier.past);
    step.past.join(earlier.past);
    Past before_earlier = earlier.past;
    before_earlier.exclude(earlier.actor, i);
    step.fixed.join(before_earlier);
  }
  end_step(step);
}

void Trace::add_idle(int actor, const Operation& operation) {
  Step step = begin_step(actor, operation);
  for (const std::size_t last : last_)
    if (last != kNone) step.fixed.join(steps_[last].past);
  step.past = step.fixed;
  end_step(step);
}

Actors Trace::initials(std::size_t race) const {
  const std::size_t last = steps_.size() - 1;
  const int racer = steps_[race].actor;
  Actors initials = 0;
  // The steps that may come before the racing one, and the last; of each actor, the first.
  std::array<std::size_t, kMostActors> first{};
  first.fill(kNone);
  for (std::size_t i = race + 1; i <= last; ++i) {
    const Step& step = steps_[i];
    if (i != last && step.past.includes(racer, race)) continue;
    std::size_t& first_of_actor = first[static_cast<std::size_t>(step.actor)];
    if (first_of_actor != kNone) continue;
    first_of_actor = i;
    bool initial = true;
    for (int other = 0; other < kMostActors; ++other) {
      const std::size_t earlier = first[static_cast<std::size_t>(other)];
      if (earlier != kNone && earlier != i && step.past.includes(other, earlier)) initial = false;
    }
    if (initial) initials |= actor_bit(step.actor);
  }
  return initials;
}

}  // namespace mtaio::testing::interleave
