#include "interleave/memory_cpp20.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

void MemoryCpp20::begin() {
  locations_.clear();
  latest_.clear();
  seq_cst_floors_.clear();
  fence_floors_.clear();
  foresight_.begin();
  released_to_.clear();
  for (int thread = 0; thread < kMostThreads; ++thread) {
    Thread& each = state_of(thread);
    each.view.clear();
    each.unacquired.clear();
    each.released.clear();
    each.failed_spuriously = false;
    // What a thread does before its first release must not look as if all knew of it.
    each.view.clock.tick(thread);
  }
}

/// The oldest store that the operation may read, or that its own store may follow.
Stamp MemoryCpp20::floor(const Access& access, std::memory_order order, std::size_t number) {
  Stamp lowest = state_of(access.thread).view.floors.of(number);
  if (is_seq_cst(order))
    lowest = std::max({lowest, seq_cst_floors_.of(number), fence_floors_.of(number)});
  return lowest;
}

/// The stores from the latest down to the lowest that the operation may act on.
///
/// Coherence allows all of them. An older store is left out if the strategy also explores the
/// executions in which the operation comes before the newer stores, and the older one is there by
/// then.
void MemoryCpp20::list_readable(const Access& access, Location& location, Stamp lowest) {
  candidates_.clear();
  candidates_.push_back(0);
  if (loads_ == Loads::kLatest) return;
  std::optional<std::size_t> left_to_others;
  for (std::size_t later = 1; later < location.stores(); ++later) {
    const Store& passed = location.store_before(later - 1);
    if (passed.stamp <= lowest) return;
    if (passed.step && choices_.explored_before(access.thread, *passed.step))
      left_to_others = std::max(left_to_others, passed.step);
    // An empty optional is the smallest, as the initial store is the first.
    if (location.store_before(later).step >= left_to_others) candidates_.push_back(later);
  }
}

/// Of the candidates, those that a store can follow immediately.
void MemoryCpp20::list_update_places(Location& location) {
  std::erase_if(candidates_,
                [&](std::size_t later) { return location.store_before(later).updated; });
}

std::size_t MemoryCpp20::choose_of_candidates(Choice what) {
  if (candidates_.size() == 1) return candidates_.front();
  return candidates_[choices_.choose(static_cast<unsigned>(candidates_.size()), what)];
}

/// The thread has read the store that is followed by `later` others.
void MemoryCpp20::read_from(const Access& access, std::memory_order order, std::size_t number,
                            std::size_t later) {
  Location& location = locations_[number];
  const Store& store = location.store_before(later);
  Thread& reader = state_of(access.thread);
  reader.view.floors.raise(number, store.stamp);
  (acquires(order) ? reader.view : reader.unacquired).join(store.published);
  if (is_seq_cst(order)) seq_cst_floors_.raise(number, store.stamp);
}

/// Puts the store into the modification order, and has it publish what its order says.
Store& MemoryCpp20::add_store(const Access& access, std::size_t number, std::size_t later,
                              std::uint64_t value) {
  Location& location = locations_[number];
  Store& store = location.insert(later, truncated(value, access.size), access.step);
  Thread& writer = state_of(access.thread);
  writer.view.floors.raise(number, store.stamp);
  latest_.raise(number, store.stamp);
  if (is_seq_cst(access.order)) seq_cst_floors_.raise(number, store.stamp);
  if (releases(access.order)) {
    store.published.join(writer.view);
    writer.view.clock.tick(access.thread);
  } else {
    store.published.join(writer.released);
    store.published.floors.raise(number, store.stamp);
  }
  if (foresees_) fulfil(access, number, store);
  return store;
}

/// The location of the access.
std::size_t MemoryCpp20::find(const Access& access) {
  const std::size_t number = locations_.find(access.address, access.size);
  if (foresees_) foresight_.access(number, clock(access.thread));
  return number;
}

Read MemoryCpp20::load(const Access& access) {
  const std::size_t number = find(access);
  Location& location = locations_[number];
  list_readable(access, location, floor(access, access.order, number));
  const std::vector<std::uint64_t> foreseen = foreseeable(access, location);
  const std::size_t count = candidates_.size() + foreseen.size();
  const std::size_t chosen =
      count == 1 ? 0 : choices_.choose(static_cast<unsigned>(count), Choice::kReadFrom);
  if (chosen >= candidates_.size())
    return foresee(access, number, foreseen[chosen - candidates_.size()]);
  const std::size_t later = candidates_[chosen];
  read_from(access, access.order, number, later);
  const Store& store = location.store_before(later);
  return {.value = store.value, .missed = later, .stored_in = store.step};
}

void MemoryCpp20::store(const Access& access, std::uint64_t value) {
  const std::size_t number = find(access);
  Location& location = locations_[number];
  list_readable(access, location, floor(access, access.order, number));
  list_update_places(location);
  add_store(access, number, choose_of_candidates(Choice::kStoreAfter), value);
}

Read MemoryCpp20::update(const Access& access, Combine combine, std::uint64_t operand) {
  const std::size_t number = find(access);
  Location& location = locations_[number];
  list_readable(access, location, floor(access, access.order, number));
  list_update_places(location);
  const std::size_t later = choose_of_candidates(Choice::kUpdateAfter);
  const Store& old = location.store_before(later);
  const Read read{.value = old.value, .missed = later, .stored_in = old.step};
  read_from(access, access.order, number, later);
  exchange(access, number, later, combine(read.value, operand));
  return read;
}

Read MemoryCpp20::compare_exchange(const Access& access, const CompareExchange& how,
                                   bool& exchanged) {
  const std::size_t number = find(access);
  Location& location = locations_[number];
  const Outcome outcome = choose_outcome(access, how, number);
  const Store& old = location.store_before(outcome.later);
  const Read read{.value = old.value, .missed = outcome.later, .stored_in = old.step};
  exchanged = outcome.exchanged;
  if (outcome.spurious) state_of(access.thread).failed_spuriously = true;
  read_from(access, exchanged ? access.order : how.failure, number, outcome.later);
  if (exchanged) exchange(access, number, outcome.later, how.desired);
  return read;
}

/// Lists what the compare-exchange may read, and with which result.
MemoryCpp20::Outcome MemoryCpp20::choose_outcome(const Access& access, const CompareExchange& how,
                                                 std::size_t number) {
  Location& location = locations_[number];
  const Stamp lowest_to_follow = floor(access, access.order, number);
  const Stamp lowest_to_read = floor(access, how.failure, number);
  list_readable(access, location, std::min(lowest_to_follow, lowest_to_read));
  const bool may_fail_spuriously = how.weak && !state_of(access.thread).failed_spuriously;
  outcomes_.clear();
  for (const std::size_t later : candidates_) {
    const Store& store = location.store_before(later);
    if (store.value == how.expected) {
      if (!store.updated && store.stamp >= lowest_to_follow)
        outcomes_.push_back({.later = later, .exchanged = true});
    } else if (store.stamp >= lowest_to_read) {
      outcomes_.push_back({.later = later});
    }
  }
  const Store& latest = location.latest();
  if (may_fail_spuriously && latest.value == how.expected)
    outcomes_.push_back({.later = 0, .spurious = true});
  if (outcomes_.size() == 1) return outcomes_.front();
  const Choice what = outcomes_.size() == 2 && outcomes_.back().spurious ? Choice::kSpuriousFailure
                                                                         : Choice::kUpdateAfter;
  return outcomes_[choices_.choose(static_cast<unsigned>(outcomes_.size()), what)];
}

/// Makes the store of an update that has read the store which is followed by `later` others. An
/// update continues the release sequence, so it publishes what the other did as well.
void MemoryCpp20::exchange(const Access& access, std::size_t number, std::size_t later,
                           std::uint64_t value) {
  Location& location = locations_[number];
  location.store_before(later).updated = true;
  Store& added = add_store(access, number, later, value);
  added.published.join(location.store_before(later + 1).published);
}

void MemoryCpp20::fence(int thread, std::memory_order order) {
  Thread& caller = state_of(thread);
  if (acquires(order)) {
    caller.view.join(caller.unacquired);
    for (Foreseen& load : foresight_.expected())
      if (load.reader == thread) load.acquired = true;
  }
  if (is_seq_cst(order)) {
    caller.view.floors.join(fence_floors_);
    caller.view.floors.join(seq_cst_floors_);
    fence_floors_.join(caller.view.floors);
  }
  if (releases(order)) {
    caller.released = caller.view;
    caller.view.clock.tick(thread);
  }
}

void MemoryCpp20::membarrier(int caller, int threads) {
  fence(caller, std::memory_order_seq_cst);
  for (int each = 0; each < threads; ++each)
    if (each != caller) fence(each, std::memory_order_seq_cst);
  fence(caller, std::memory_order_seq_cst);
}

void MemoryCpp20::release(int thread, View& to) {
  to.join(state_of(thread).view);
  if (foresees_) released_to_.push_back(&to);
  state_of(thread).view.clock.tick(thread);
}

void MemoryCpp20::acquire(int thread, const View& from) { state_of(thread).view.join(from); }

void MemoryCpp20::catch_up(int thread) { state_of(thread).view.floors.join(latest_); }

}  // namespace mtaio::testing::interleave
