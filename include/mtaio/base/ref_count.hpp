/// A count of the owners of an object.
#pragma once

#include <atomic>
#include <cstddef>

namespace mtaio::internal {

/// How many threads or tasks own the object that this is a member of; one at first.
///
/// use/destroy   Every owner uses the object before it releases it (release). The owner that
///               releases it last acquires, so the destruction comes after all that the others did
///               with the object.
class RefCount {
 public:
  RefCount() = default;
  RefCount(const RefCount&) = delete;
  RefCount& operator=(const RefCount&) = delete;

  /// Adds an owner. REQUIRES: the caller is one.
  void retain() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  /// Takes an owner away. Returns whether it was the last one: then the caller destroys the object.
  [[nodiscard]] bool release() noexcept {
    // use/destroy, both ends.
    return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  /// REQUIRES: no other thread knows the object.
  void set(std::size_t count) noexcept { count_.store(count, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> count_{1};
};

}  // namespace mtaio::internal
