#include "interleave/operation.hpp"

namespace mtaio::testing::interleave {

namespace {

bool reads_memory(const Operation& operation) noexcept {
  return operation.action == Action::kLoad || operation.action == Action::kUpdate ||
         operation.action == Action::kFutexWait;
}

bool writes_memory(const Operation& operation) noexcept {
  return operation.action == Action::kStore || operation.action == Action::kUpdate ||
         operation.action == Action::kDrain;
}

bool accesses_memory(const Operation& operation) noexcept {
  return reads_memory(operation) || writes_memory(operation);
}

bool is_seq_cst_fence(const Operation& operation) noexcept {
  return operation.action == Action::kFence && operation.order == std::memory_order_seq_cst;
}

bool is_seq_cst_access(const Operation& operation) noexcept {
  return accesses_memory(operation) && operation.order == std::memory_order_seq_cst;
}

/// Which queues of waiting threads the operation looks at or changes.
bool uses_queue(const Operation& operation, Address queue) noexcept {
  switch (operation.action) {
    case Action::kFutexWait:
    case Action::kFutexWake:
    case Action::kMutexLock:
    case Action::kMutexTryLock:
    case Action::kMutexUnlock:
    case Action::kCondWake:
    case Action::kTimeout:
      return operation.address == queue;
    case Action::kCondWait:
      return operation.address == queue || operation.mutex == queue;
    default:
      return false;
  }
}

bool share_queue(const Operation& a, const Operation& b) noexcept {
  return uses_queue(a, b.address) ? uses_queue(b, b.address)
                                  : b.mutex != 0 && uses_queue(a, b.mutex);
}

/// After a seq_cst load, others do not read an older store.
bool share_memory(const Operation& a, const Operation& b) noexcept {
  return accesses_memory(a) && accesses_memory(b) &&
         (writes_memory(a) || writes_memory(b) || (is_seq_cst_access(a) && is_seq_cst_access(b))) &&
         a.address < b.address + b.size && b.address < a.address + a.size;
}

/// Threads are numbered in the order in which they are made.
bool share_numbers(const Operation& a, const Operation& b) noexcept {
  return a.action == Action::kCreate && b.action == Action::kCreate;
}

/// The fences have an order of their own with each other and with seq_cst accesses. A membarrier
/// empties all store buffers.
bool share_fence_order(const Operation& a, const Operation& b) noexcept {
  if (a.action == Action::kMembarrier)
    return b.action == Action::kMembarrier || b.action == Action::kFence ||
           b.action == Action::kBuffer || accesses_memory(b);
  return is_seq_cst_fence(a) && (is_seq_cst_fence(b) || is_seq_cst_access(b));
}

bool unlocks(const Operation& operation, Address mutex) noexcept {
  return operation.action == Action::kCondWait
             ? operation.mutex == mutex
             : operation.action == Action::kMutexUnlock && operation.address == mutex;
}

bool enables(int earlier, const Operation& first, int later, const Operation& second) noexcept {
  switch (second.action) {
    case Action::kStart:
      return first.action == Action::kCreate && first.other == later;
    case Action::kJoin:
      return first.action == Action::kEnd && second.other == earlier;
    case Action::kMutexLock:
      return unlocks(first, second.address);
    case Action::kDrain:
      return first.action == Action::kBuffer && earlier == later - kBuffers;
    default:
      // A thread waits for its store buffer.
      return first.action == Action::kDrain && earlier - kBuffers == later;
  }
}

}  // namespace

Dependence dependence(int earlier, const Operation& first, int later,
                      const Operation& second) noexcept {
  if (enables(earlier, first, later, second)) return Dependence::kEnables;
  return share_memory(first, second) || share_queue(first, second) ||
                 share_numbers(first, second) || share_fence_order(first, second) ||
                 share_fence_order(second, first)
             ? Dependence::kRace
             : Dependence::kNone;
}

}  // namespace mtaio::testing::interleave
