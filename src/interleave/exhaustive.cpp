#include "interleave/exhaustive.hpp"

#include <algorithm>
#include <bit>

namespace mtaio::testing::interleave {

bool Exhaustive::begin() {
  if (begun_) {
    while (!nodes_.empty() && !advance(nodes_.back())) nodes_.pop_back();
    if (nodes_.empty()) return false;
  }
  begun_ = true;
  depth_ = 0;
  steps_ = 0;
  // What was done before the decision that has changed, is done again.
  const bool step_changes = !nodes_.empty() && nodes_.back().chooses_actor;
  while (!actor_nodes_.empty() && actor_nodes_.back() + (step_changes ? 1 : 0) >= nodes_.size())
    actor_nodes_.pop_back();
  trace_.truncate(actor_nodes_.size());
  return true;
}

/// Goes on to the next alternative. Returns false if there is none.
bool Exhaustive::advance(Node& node) {
  if (!node.chooses_actor) return ++node.chosen < node.count;
  node.explored |= actor_bit(node.chosen);
  const Actors left = node.wanted & ~node.explored & ~node.asleep;
  if (left == 0) return false;
  node.chosen = std::countr_zero(left);
  return true;
}

int Exhaustive::choose_actor(const Moment& moment) {
  if (depth_ == nodes_.size()) {
    const Node node = preemptions_ ? bounded_node(moment) : reduced_node(moment);
    if (node.chosen == kNoThread) return kNoThread;
    nodes_.push_back(node);
  }
  const int actor = nodes_[depth_].chosen;
  if (!nodes_[depth_].chooses_actor || !contains(moment.enabled, actor)) return kDiverged;
  if (steps_ == actor_nodes_.size()) {
    actor_nodes_.push_back(depth_);
    if (!preemptions_) add_step(moment, actor);
  }
  ++depth_;
  ++steps_;
  return actor;
}

unsigned Exhaustive::choose(unsigned count, Choice /*what*/) {
  if (depth_ == nodes_.size())
    nodes_.push_back({.chooses_actor = false, .count = static_cast<int>(count)});
  // If the program has diverged, the next choice of an actor tells.
  const auto chosen = static_cast<unsigned>(nodes_[depth_++].chosen);
  return std::min(chosen, count - 1);
}

Exhaustive::Node Exhaustive::bounded_node(const Moment& moment) const {
  Node node{.chosen = moment.usual(), .enabled = moment.enabled, .current = moment.current};
  if (steps_ > 0) {
    const Node& before = last_actor_node();
    const bool preemption = before.chosen != before.current && before.chosen < kBuffers &&
                            contains(before.enabled, before.current);
    node.preempted = before.preempted + (preemption ? 1 : 0);
  }
  node.wanted = moment.enabled;
  constexpr Actors kThreads = actor_bit(kBuffers) - 1;
  if (contains(moment.enabled, moment.current) && node.preempted == *preemptions_)
    node.wanted &= actor_bit(moment.current) | ~kThreads;
  return node;
}

Exhaustive::Node Exhaustive::reduced_node(const Moment& moment) const {
  Node node{.enabled = moment.enabled, .asleep = still_asleep(moment), .current = moment.current};
  const Actors awake = moment.enabled & ~node.asleep;
  if (awake == 0) {
    node.chosen = kNoThread;
    return node;
  }
  node.chosen = contains(awake, moment.current) ? moment.current : std::countr_zero(awake);
  node.wanted = actor_bit(node.chosen);
  return node;
}

/// The actors whose next step was explored before the last step, which does not depend on it.
Actors Exhaustive::still_asleep(const Moment& moment) const {
  if (steps_ == 0) return 0;
  const Node& before = last_actor_node();
  const Trace::Step& last = trace_[trace_.size() - 1];
  Actors asleep = (before.asleep | before.explored) & ~actor_bit(last.actor);
  for (int actor = 0; actor < kMostActors; ++actor) {
    if (!contains(asleep, actor)) continue;
    const Operation& next = moment.next[static_cast<std::size_t>(actor)];
    if (next.enabled_by == steps_ - 1 ||
        dependence(last.actor, last.operation, actor, next) != Dependence::kNone ||
        dependence(actor, next, last.actor, last.operation) != Dependence::kNone)
      asleep &= ~actor_bit(actor);
  }
  return asleep;
}

void Exhaustive::add_step(const Moment& moment, int actor) {
  const Operation& operation = moment.next[static_cast<std::size_t>(actor)];
  if (moment.idle) {
    trace_.add_idle(actor, operation);
    return;
  }
  races_.clear();
  trace_.add(actor, operation, races_);
  want_others_at_races();
}

/// Has executions explored in which the last step of the trace comes before those that it races
/// with.
void Exhaustive::want_others_at_races() {
  for (const std::size_t race : races_) {
    Node& node = nodes_[actor_nodes_[race]];
    const Actors initials = trace_.initials(race);
    if ((initials & (node.wanted | node.asleep)) != 0) continue;
    const Actors possible = initials & node.enabled;
    const int last = trace_[trace_.size() - 1].actor;
    if (possible == 0)
      node.wanted |= node.enabled;
    else
      node.wanted |= contains(possible, last) ? actor_bit(last) : possible & (~possible + 1);
  }
}

bool Exhaustive::explored_before(int thread, std::size_t step) {
  if (preemptions_) return false;
  const Trace::Step& now = trace_[steps_ - 1];
  return now.actor == thread && trace_[step].actor != thread &&
         !now.fixed.includes(trace_[step].actor, step);
}

void Exhaustive::restart() {
  begun_ = false;
  nodes_.clear();
  actor_nodes_.clear();
  trace_.truncate(0);
}

void Exhaustive::end(const Moment& last) {
  if (preemptions_) return;
  for (int actor = 0; actor < kMostActors; ++actor) {
    if (!contains(last.stuck, actor)) continue;
    races_.clear();
    trace_.add(actor, last.next[static_cast<std::size_t>(actor)], races_);
    want_others_at_races();
    trace_.remove_last();
  }
}

}  // namespace mtaio::testing::interleave
