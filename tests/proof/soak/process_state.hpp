/// What the process holds on to.
#pragma once

#include <cstddef>
#include <vector>

namespace soak {

struct ProcessState {
  std::size_t heap_kib = 0;      // allocated, and not freed
  std::size_t resident_kib = 0;  // in memory, as the system sees it
  std::size_t threads = 0;
  std::size_t files = 0;
};

/// Now, with as much memory given back to the system as is free.
ProcessState process_state();

/// Holds the states at the end of each epoch, when nothing should be left, against the first.
class Balance {
 public:
  /// To be made when threads have been started once: sanitizers keep some of their own.
  Balance();

  /// The end of an epoch. Throws `Broken` if threads, files or items are left.
  void note();
  /// At the end. Throws `Broken` if the last third of the epochs holds more memory than the first.
  void check_memory() const;

 private:
  [[nodiscard]] std::size_t most(std::size_t ProcessState::* what, std::size_t first,
                                 std::size_t count) const;

  ProcessState before_;
  std::vector<ProcessState> epochs_;
};

}  // namespace soak
