/// Detects that the process has forked since an object was made.
#pragma once

#include <atomic>
#include <cstdint>

namespace mtaio::internal {

/// How many forks lie between the process that made the first `ForkMark` and this one. `vfork` and
/// `posix_spawn` are not counted.
[[gnu::visibility("default")]] extern constinit std::atomic<std::uint32_t> forks_so_far;

/// The process that an object was made in. A forked child has the memory of its parent, but only
/// the thread that forked: an object that relies on other threads cannot be used there.
class [[gnu::visibility("default")]] ForkMark {
 public:
  ForkMark() noexcept;

  /// Whether this process is a forked child of the one that made the mark.
  [[nodiscard]] bool forked() const noexcept {
    return forks_so_far.load(std::memory_order_relaxed) != made_after_;
  }

 private:
  std::uint32_t made_after_;
};

/// Aborts a forked child that has returned into the library from a task or a function in a thread:
/// it would wait forever for threads that it does not have.
[[noreturn, gnu::visibility("default")]] void end_forked_child() noexcept;

}  // namespace mtaio::internal
