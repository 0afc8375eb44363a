/// Compares threads.
#pragma once

namespace mtaio::internal {

/// An address that differs from that of every other running thread; only to be compared. Must not
/// be called inside a coroutine, where a compiler might keep it across a suspension.
[[nodiscard]] inline const void* this_thread_id() noexcept {
  static thread_local constinit char mark = 0;
  return &mark;
}

}  // namespace mtaio::internal
