/// Whether an object has come into a forked child of the process that made it.
#pragma once

#include <atomic>
#include <cstdint>

namespace mtaio::internal {

/// How many forks lie between the first process that used the library and this one. Counted from
/// the first `ForkMark` on; `vfork` and `posix_spawn` do not count.
[[gnu::visibility("default")]] extern constinit std::atomic<std::uint32_t> forks_so_far;

/// A child has the memory of its parent, but only the thread that forked: what relies on other
/// threads cannot be used there.
class [[gnu::visibility("default")]] ForkMark {
 public:
  ForkMark() noexcept;

  /// Whether this is another process than the one that made the mark.
  [[nodiscard]] bool forked() const noexcept {
    return forks_so_far.load(std::memory_order_relaxed) != made_after_;
  }

 private:
  std::uint32_t made_after_;
};

/// Ends a forked child that has come back into the library on a thread of it, because it would wait
/// for other threads for ever.
[[noreturn, gnu::cold, gnu::visibility("default")]] void end_forked_child() noexcept;

}  // namespace mtaio::internal
