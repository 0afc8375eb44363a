/// The part of memory as C++20 has it in which loads read stores that are executed later.
#include "interleave/memory_cpp20.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

/// What the load may read of the future. seq_cst loads do not: their order is the order of
/// execution.
std::vector<std::uint64_t> MemoryCpp20::foreseeable(const Access& access, Location& location) {
  if (!foresees_ || is_seq_cst(access.order)) return {};
  std::vector<std::uint64_t> values = foresight_.values(access.thread, access.address);
  std::erase_if(values, [&](std::uint64_t value) {
    return std::ranges::any_of(candidates_, [&](std::size_t later) {
      return location.store_before(later).value == value;
    });
  });
  return values;
}

Read MemoryCpp20::foresee(const Access& access, std::size_t number, std::uint64_t value) {
  const Thread& reader = state_of(access.thread);
  foresight_.expect({.reader = access.thread,
                     .location = number,
                     .value = value,
                     .tick = reader.view.clock.of(access.thread),
                     .floor = reader.view.floors.of(number),
                     .acquired = acquires(access.order)});
  return {.value = value};
}

/// The store may be one that was foreseen.
void MemoryCpp20::fulfil(const Access& access, std::size_t number, const Store& store) {
  foresight_.note_store(access.thread, access.address, store.value);
  std::vector<Foreseen>& expected = foresight_.expected();
  for (std::size_t i = 0; i < expected.size();) {
    const Foreseen load = expected[i];
    const bool fits = load.location == number && load.value == store.value &&
                      load.reader != access.thread && store.stamp > load.floor &&
                      store.published.clock.of(load.reader) < load.tick &&
                      clock(access.thread).of(load.reader) < load.tick;
    if (!fits || choices_.choose(2, Choice::kFulfil) != 0) {
      ++i;
      continue;
    }
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(i));
    // A reader that has acquired would have known before what it did since.
    if (load.acquired && store.published.clock.of(access.thread) > 0) foresight_.give_up();
    Thread& reader = state_of(load.reader);
    reader.view.floors.raise(number, store.stamp);
    reader.unacquired.join(store.published);
    raise_after(load, store.stamp);
  }
}

/// All that comes after the load may not read an older store than the load has.
void MemoryCpp20::raise_after(const Foreseen& load, Stamp stamp) {
  const auto raise = [&](View& view) {
    if (view.clock.of(load.reader) >= load.tick) view.floors.raise(load.location, stamp);
  };
  for (Thread& each : threads_) {
    raise(each.view);
    raise(each.unacquired);
    raise(each.released);
  }
  for (View* const view : released_to_) raise(*view);
  for (std::size_t i = 0; i < locations_.count(); ++i)
    for (std::size_t later = 0; later < locations_[i].stores(); ++later)
      raise(locations_[i].store_before(later).published);
}

}  // namespace mtaio::testing::interleave
