/// Mutexes, and the queues of threads that sleep.
#pragma once

#include "interleave/view.hpp"
#include "interleave/world.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace mtaio::testing::interleave {

struct Mutex {
  int owner = kNoThread;
  /// What happened before it was last unlocked.
  View view;
};

/// Mutexes, and the queues of threads that sleep in futexes and condition variables, by address.
/// Queues are first come, first served.
class Waiting {
 public:
  void begin() noexcept;

  /// Unlocked, until it is locked for the first time.
  [[nodiscard]] Mutex& mutex(Address address) { return mutexes_[address]; }
  [[nodiscard]] bool is_locked(Address address) const noexcept;

  void enqueue(Address queue, int thread);
  /// The first of the queue; `kNoThread` if it is empty.
  [[nodiscard]] int dequeue(Address queue) noexcept;
  /// Takes a thread out of the queue that it is in.
  void remove(int thread) noexcept;

 private:
  struct Sleeper {
    Address queue = 0;
    int thread = kNoThread;
  };
  std::unordered_map<Address, Mutex> mutexes_;
  /// Of all queues, in the order in which they came.
  std::vector<Sleeper> sleepers_;
};

}  // namespace mtaio::testing::interleave
