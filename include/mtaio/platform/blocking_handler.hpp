/// What is done in place of a thread that blocks.
#pragma once

#include <mtaio/platform/thread_event.hpp>

namespace mtaio::internal {

/// Does what a thread leaves undone while it blocks: a scheduler, for its workers.
class BlockingHandler {
 public:
  BlockingHandler() = default;
  BlockingHandler(const BlockingHandler&) = delete;
  BlockingHandler& operator=(const BlockingHandler&) = delete;

  /// Returns when `event` is set. Called through `block_until()`, by code that cannot be suspended
  /// and must not return before: destructors. Meanwhile others do what the thread would do.
  virtual void block(const ThreadEvent& event) noexcept = 0;

 protected:
  ~BlockingHandler() = default;
};

/// Gives the calling thread a stand-in, or takes it away (null). Returns the one that it had.
[[gnu::visibility("default")]] BlockingHandler* set_blocking_handler(BlockingHandler* who) noexcept;

/// Returns when `event` is set. Blocks the thread, and lets its stand-in know if it has one.
[[gnu::visibility("default")]] void block_until(const ThreadEvent& event) noexcept;

}  // namespace mtaio::internal
