/// A count of references, inside the object that they refer to.
#pragma once

#include <atomic>
#include <cstddef>

namespace mtaio::internal {

/// Base of a class whose objects are owned by several threads or tasks together. An object starts
/// with one reference. Releasing the last one calls `Object::on_last_release()`, which may delete
/// the object; it can be private if `RefCounted<Object>` is a friend.
///
/// release/last  Every owner uses the object before it releases its reference (release). The owner
///               that releases the last one acquires, so `on_last_release()` comes after all that
///               the others did with the object.
template <class Object>
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  /// Adds a reference. REQUIRES: the caller has one.
  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  /// Gives up a reference. The object may no longer exist when this returns.
  void release() noexcept {
    // acq_rel: release/last.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      static_cast<Object*>(this)->on_last_release();
    }
  }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;

 private:
  std::atomic<std::size_t> references_{1};
};

}  // namespace mtaio::internal
