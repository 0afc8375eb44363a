#include "interleave/engine/axioms.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace test {

namespace {

using Set = std::uint32_t;
constexpr std::size_t kMostEvents = 20;

constexpr Set bit(std::size_t event) { return Set{1} << event; }

/// A relation between events.
class Relation {
 public:
  void add(std::size_t from, std::size_t to) { after_[from] |= bit(to); }
  /// Each of `from` to each of `to`.
  void add_all(Set from, Set to) {
    for (std::size_t i = 0; i < kMostEvents; ++i)
      if ((from & bit(i)) != 0) after_[i] |= to;
  }
  [[nodiscard]] bool has(std::size_t from, std::size_t to) const {
    return (after_[from] & bit(to)) != 0;
  }
  void join(const Relation& other) {
    for (std::size_t i = 0; i < kMostEvents; ++i) after_[i] |= other.after_[i];
  }
  void close() {
    for (std::size_t via = 0; via < kMostEvents; ++via)
      for (Set& after : after_)
        if ((after & bit(via)) != 0) after |= after_[via];
  }
  /// REQUIRES: closed.
  [[nodiscard]] bool has_cycle() const {
    for (std::size_t i = 0; i < kMostEvents; ++i)
      if (has(i, i)) return true;
    return false;
  }

 private:
  std::array<Set, kMostEvents> after_{};
};

struct Event {
  Instruction instruction;
  /// Initial values are of no thread.
  std::size_t thread = static_cast<std::size_t>(-1);
  bool reads = false;
  bool writes = false;

  [[nodiscard]] bool is_fence() const { return instruction.kind == AccessKind::kFence; }
  [[nodiscard]] bool is_seq_cst() const { return instruction.order == std::memory_order_seq_cst; }
  [[nodiscard]] bool releases() const {
    return (writes || is_fence()) &&
           (instruction.order == std::memory_order_release ||
            instruction.order == std::memory_order_acq_rel || is_seq_cst());
  }
  [[nodiscard]] bool acquires() const {
    return (reads || is_fence()) &&
           (instruction.order == std::memory_order_acquire ||
            instruction.order == std::memory_order_acq_rel || is_seq_cst());
  }
};

/// Goes through all candidates of executions: all modification orders, and all stores that each
/// load could read.
class Candidates {
 public:
  Candidates(const StraightProgram& program, std::size_t variables, Executions executions)
      : executions_{executions}, orders_(variables) {
    for (std::size_t variable = 0; variable < variables; ++variable)
      add({.instruction = {.kind = AccessKind::kStore,
                           .variable = variable,
                           .order = std::memory_order_relaxed},
           .writes = true});
    for (std::size_t thread = 0; thread < program.size(); ++thread)
      for (const Instruction& instruction : program[thread])
        add({.instruction = instruction,
             .thread = thread,
             .reads =
                 instruction.kind == AccessKind::kLoad || instruction.kind == AccessKind::kExchange,
             .writes = instruction.kind == AccessKind::kStore ||
                       instruction.kind == AccessKind::kExchange});
    source_.resize(events_.size());
    for (std::size_t i = 0; i < events_.size(); ++i)
      for (std::size_t j = i + 1; j < events_.size(); ++j)
        if (events_[i].thread == events_[j].thread) program_order_.add(i, j);
    for (std::size_t i = 0; i < variables; ++i)
      for (std::size_t j = variables; j < events_.size(); ++j) program_order_.add(i, j);
  }

  [[nodiscard]] std::set<std::string> allowed() {
    choose_orders(0);
    return std::move(allowed_);
  }

 private:
  void add(const Event& event) {
    if (event.writes) orders_[event.instruction.variable].push_back(events_.size());
    events_.push_back(event);
  }

  /// Of the variables from `variable` on.
  void choose_orders(std::size_t variable) {
    if (variable == orders_.size()) return choose_sources(0);
    // The initial value stays first.
    std::vector<std::size_t>& order = orders_[variable];
    std::sort(order.begin() + 1, order.end());
    do choose_orders(variable + 1);
    while (std::next_permutation(order.begin() + 1, order.end()));
  }

  /// Of the events from `event` on.
  void choose_sources(std::size_t event) {
    if (event == events_.size()) {
      if (is_allowed()) allowed_.insert(outcome());
      return;
    }
    if (!events_[event].reads) return choose_sources(event + 1);
    const std::vector<std::size_t>& order = orders_[events_[event].instruction.variable];
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (order[i] == event) continue;
      // An exchange reads what is immediately before its own store.
      if (events_[event].writes && (i + 1 == order.size() || order[i + 1] != event)) continue;
      source_[event] = order[i];
      choose_sources(event + 1);
    }
  }

  /// Reads-from, modification order, and from a load to the stores after the one that it reads.
  [[nodiscard]] Relation communication() const {
    Relation order;
    for (const std::vector<std::size_t>& stores : orders_)
      for (std::size_t i = 0; i < stores.size(); ++i) {
        for (std::size_t j = i + 1; j < stores.size(); ++j) order.add(stores[i], stores[j]);
        for (std::size_t load = 0; load < events_.size(); ++load) {
          if (!events_[load].reads || source_[load] != stores[i]) continue;
          order.add(stores[i], load);
          for (std::size_t j = i + 1; j < stores.size(); ++j)
            if (stores[j] != load) order.add(load, stores[j]);
        }
      }
    return order;
  }

  [[nodiscard]] Relation happens_before() const {
    Relation order = program_order_;
    for (std::size_t load = 0; load < events_.size(); ++load) {
      if (!events_[load].reads) continue;
      // Up the release sequence: the store that it reads; what that has read, if it is an exchange.
      for (std::size_t head = source_[load];; head = source_[head]) {
        synchronize(head, load, order);
        if (!events_[head].reads) break;
      }
    }
    order.close();
    return order;
  }

  /// From a release store, or a release fence before the store, to an acquire load, or an acquire
  /// fence after the load.
  void synchronize(std::size_t store, std::size_t load, Relation& order) const {
    for (std::size_t from = 0; from < events_.size(); ++from) {
      const bool fence_before = events_[from].is_fence() && program_order_.has(from, store);
      if (!events_[from].releases() || (from != store && !fence_before)) continue;
      for (std::size_t to = 0; to < events_.size(); ++to) {
        const bool fence_after = events_[to].is_fence() && program_order_.has(load, to);
        if (events_[to].acquires() && (to == load || fence_after)) order.add(from, to);
      }
    }
  }

  [[nodiscard]] bool is_seq_cst_fence(std::size_t event) const {
    return events_[event].is_fence() && events_[event].is_seq_cst();
  }

  /// [atomics.order] paragraph 4: what the single total order of seq_cst operations has to agree
  /// with. An operation takes part itself or by seq_cst fences around it.
  [[nodiscard]] Relation seq_cst_order(const Relation& coherence, const Relation& before) const {
    std::vector<Set> firsts(events_.size());
    std::vector<Set> seconds(events_.size());
    for (std::size_t event = 0; event < events_.size(); ++event) {
      if (events_[event].is_seq_cst()) firsts[event] = seconds[event] = bit(event);
      for (std::size_t fence = 0; fence < events_.size(); ++fence) {
        if (!is_seq_cst_fence(fence)) continue;
        if (before.has(fence, event)) firsts[event] |= bit(fence);
        if (before.has(event, fence)) seconds[event] |= bit(fence);
      }
    }
    Relation order;
    for (std::size_t a = 0; a < events_.size(); ++a)
      for (std::size_t b = 0; b < events_.size(); ++b)
        if (coherence.has(a, b)) order.add_all(firsts[a], seconds[b]);
    return order;
  }

  /// Whether the store is in memory, and not in a store buffer, before the thread goes on.
  [[nodiscard]] bool is_locked(std::size_t event) const {
    const Event& it = events_[event];
    return it.writes && (it.reads || it.is_seq_cst());
  }

  /// Whether the second event of a thread may come first: nothing is done for one of them, or the
  /// first is a store that may still be in the store buffer when the second loads.
  [[nodiscard]] bool may_overtake(std::size_t first, std::size_t second) const {
    for (const std::size_t event : {first, second})
      if (events_[event].is_fence()) return !is_seq_cst_fence(event);
    if (!events_[first].writes || is_locked(first) || events_[second].writes) return false;
    for (std::size_t between = first + 1; between < second; ++between)
      if (is_locked(between) || is_seq_cst_fence(between)) return false;
    return true;
  }

  [[nodiscard]] bool is_allowed_on_x86(const Relation& coherence) const {
    const Relation direct = communication();
    Relation order;
    for (std::size_t a = 0; a < events_.size(); ++a)
      for (std::size_t b = 0; b < events_.size(); ++b) {
        const bool same_thread = program_order_.has(a, b);
        if (same_thread && coherence.has(b, a)) return false;
        // A thread reads from its own buffer before the store is in memory.
        if (same_thread ? !may_overtake(a, b) : direct.has(a, b)) order.add(a, b);
      }
    order.close();
    return !coherence.has_cycle() && !order.has_cycle();
  }

  [[nodiscard]] bool is_allowed() const {
    Relation coherence = communication();
    coherence.close();
    if (executions_ == Executions::kX86) return is_allowed_on_x86(coherence);
    const Relation before = happens_before();
    if (coherence.has_cycle() || before.has_cycle()) return false;
    for (std::size_t a = 0; a < events_.size(); ++a)
      for (std::size_t b = 0; b < events_.size(); ++b)
        if (before.has(a, b) && coherence.has(b, a)) return false;
    Relation order = seq_cst_order(coherence, before);
    order.join(before);
    if (executions_ == Executions::kInOrder)
      for (std::size_t load = 0; load < events_.size(); ++load)
        if (events_[load].reads) order.add(source_[load], load);
    order.close();
    return !order.has_cycle();
  }

  [[nodiscard]] std::string outcome() const {
    std::string text;
    for (std::size_t i = orders_.size(); i < events_.size(); ++i) {
      if (events_[i].reads) text += std::to_string(events_[source_[i]].instruction.value);
      if (i + 1 == events_.size() || events_[i + 1].thread != events_[i].thread) text += '/';
    }
    for (const std::vector<std::size_t>& order : orders_)
      text += std::to_string(events_[order.back()].instruction.value);
    return text;
  }

  const Executions executions_;
  std::vector<Event> events_;
  Relation program_order_;
  /// The stores of each variable in modification order.
  std::vector<std::vector<std::size_t>> orders_;
  /// For each event that reads, the store that it reads.
  std::vector<std::size_t> source_;
  std::set<std::string> allowed_;
};

}  // namespace

std::set<std::string> outcomes_by_axioms(const StraightProgram& program, std::size_t variables,
                                         Executions executions) {
  return Candidates{program, variables, executions}.allowed();
}

}  // namespace test
