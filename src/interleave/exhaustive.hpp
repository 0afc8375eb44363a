/// Explores all interleavings, depth first.
#pragma once

#include "interleave/explorer.hpp"
#include "interleave/trace.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace mtaio::testing::interleave {

/// Explores all interleavings, depth first, by running the program again for each.
///
/// Without a bound: dynamic partial-order reduction. When two steps of an execution could have come
/// in the other order, and it may make a difference, the moment before the first of them is noted
/// as one at which another thread has to go on (Flanagan & Godefroid, "Dynamic Partial-Order
/// Reduction for Model Checking Software", POPL 2005; which thread, as the source sets of Abdulla
/// et al., "Optimal Dynamic Partial Order Reduction", POPL 2014). Sleep sets (Godefroid 1996) leave
/// out what was explored from a neighbouring moment.
///
/// With a bound on preemptions: all of them, with no reduction, because what reduction leaves out
/// may be the one that needs fewer preemptions (Coons et al., "Bounded Partial-Order Reduction",
/// OOPSLA 2013).
class Exhaustive final : public Explorer {
 public:
  explicit Exhaustive(std::optional<int> preemptions) : preemptions_{preemptions} {}

  [[nodiscard]] bool begin() override;
  [[nodiscard]] int choose_actor(const Moment& moment) override;
  [[nodiscard]] unsigned choose(unsigned count, Choice what) override;
  [[nodiscard]] bool explored_before(int thread, std::size_t step) override;
  void restart() override;
  void end(const Moment& last) override;

 private:
  /// A decision that the current execution has made.
  struct Node {
    /// Of an actor, or of a number less than `count`.
    bool chooses_actor = true;
    int chosen = 0;
    int count = 0;
    // Of a choice of an actor:
    Actors enabled = 0;
    /// To be explored, and those that were.
    Actors wanted = 0;
    Actors explored = 0;
    /// Where they would lead to was explored from an earlier decision.
    Actors asleep = 0;
    /// Who made the step before, and how many preemptions there were.
    int current = 0;
    int preempted = 0;
  };

  [[nodiscard]] static bool advance(Node& node);
  [[nodiscard]] Node bounded_node(const Moment& moment) const;
  [[nodiscard]] Node reduced_node(const Moment& moment) const;
  [[nodiscard]] Actors still_asleep(const Moment& moment) const;
  void add_step(const Moment& moment, int actor);
  void want_others_at_races();
  [[nodiscard]] const Node& last_actor_node() const { return nodes_[actor_nodes_.back()]; }

  const std::optional<int> preemptions_;
  bool begun_ = false;
  /// The decisions of this execution, then those that are to be made again.
  std::vector<Node> nodes_;
  /// How many were made.
  std::size_t depth_ = 0;
  /// The decisions that chose an actor: one for each step.
  std::vector<std::size_t> actor_nodes_;
  /// How many steps were made.
  std::size_t steps_ = 0;
  Trace trace_;
  std::vector<std::size_t> races_;
};

}  // namespace mtaio::testing::interleave
