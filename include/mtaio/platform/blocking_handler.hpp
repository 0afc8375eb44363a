/// A replacement for threads that block.
#pragma once

#include <mtaio/platform/thread_event.hpp>

namespace mtaio::internal {

/// Blocks on behalf of a thread, and has another thread do its work meanwhile: a scheduler, for its
/// workers.
class BlockingHandler {
 public:
  BlockingHandler() = default;
  BlockingHandler(const BlockingHandler&) = delete;
  BlockingHandler& operator=(const BlockingHandler&) = delete;

  /// Returns when `event` is set. `block_until()` calls it for code that cannot be suspended and
  /// must not return earlier, such as destructors.
  virtual void block(const ThreadEvent& event) noexcept = 0;

 protected:
  ~BlockingHandler() = default;
};

/// Sets the handler of the calling thread; null: the thread has none. Returns the previous one.
[[gnu::visibility("default")]] BlockingHandler* set_blocking_handler(
    BlockingHandler* handler) noexcept;

/// Blocks the thread until `event` is set, through its handler if it has one.
[[gnu::visibility("default")]] void block_until(const ThreadEvent& event) noexcept;

}  // namespace mtaio::internal
