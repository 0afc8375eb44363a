/// The parts of a check that is running.
#pragma once

#include "interleave/execution.hpp"
#include "interleave/heap.hpp"
#include "interleave/memory_model.hpp"
#include "interleave/shadow.hpp"
#include "interleave/world.hpp"

namespace mtaio::testing::interleave {

/// The parts of a check that is running. The functions in `world.hpp` are written with it.
struct Engine {
  MemoryModel& memory;
  Execution& execution;
  Heap& heap;
  Shadow& shadow;
  /// Whether data races are looked for.
  bool finds_races = true;

  /// What has happened before the current thread's next operation.
  [[nodiscard]] const Clock& clock() const { return memory.clock(execution.current()); }
  /// Fails the execution if memory of the heap is not in a block, or in one that was freed.
  void check_block(Address address, std::size_t size, const char* what, Site site);
  /// Likewise, or if the access races with an earlier one.
  void check_access(Address address, std::size_t size, AccessKind kind, Site site) {
    check_access(address, size, kind, site, clock());
  }
  /// The same for an access that was made at that time.
  void check_access(Address address, std::size_t size, AccessKind kind, Site site,
                    const Clock& time);
};

/// Null when no check is running.
extern constinit Engine* running;

/// The program has called the engine, and goes on when this is destroyed.
class InEngine {
 public:
  InEngine() noexcept { state::program_runs = false; }
  InEngine(const InEngine&) = delete;
  InEngine& operator=(const InEngine&) = delete;
  ~InEngine() { state::program_runs = true; }
};

}  // namespace mtaio::testing::interleave
