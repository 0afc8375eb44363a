/// How many owners something has.
///
/// use/destroy  What each owner does comes before it releases; the last one to release acquires all
///              of that, and then destroys.
#pragma once

#include <atomic>
#include <cstdint>

namespace mtaio::python {

/// The number of owners of the object that it is a member of, one at first. Any thread.
class OwnerCount {
 public:
  void retain() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  /// Whether that was the last owner, which destroys the object.
  [[nodiscard]] bool release() noexcept {
    return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;  // use/destroy, both ends
  }
  /// Only while no other thread knows the object.
  void set(std::uint32_t count) noexcept { count_.store(count, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> count_{1};
};

}  // namespace mtaio::python
