/// Compares threads.
#pragma once

#include <pthread.h>

namespace mtaio::internal {

/// A value that differs from that of every other running thread; only to be compared. Must not be
/// called inside a coroutine, where a compiler might keep it across a suspension.
///
/// Not the address of a thread-local variable: the threads of the checker of interleavings share
/// such addresses.
[[nodiscard]] inline const void* this_thread_id() noexcept {
  return reinterpret_cast<const void*>(pthread_self());  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace mtaio::internal
