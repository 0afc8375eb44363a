/// What an idle worker sleeps on.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::lowlevel {

/// The seam for programs whose idle workers wait for more than work: an I/O reactor, for example.
/// One thread at a time parks, any thread unparks. An `unpark()` that comes before the `park()`
/// makes the `park()` return immediately.
class [[gnu::visibility("default")]] Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;
  virtual ~Parker();

  /// Returns after `unpark()`, or when `deadline` has passed (`TimePoint::max()`: never). It may
  /// also return earlier.
  virtual void park(TimePoint deadline) noexcept = 0;
  /// Makes the `park()` that runs, or else the next one, return. What happened before is visible
  /// to the thread that parks when it returns.
  virtual void unpark() noexcept = 0;
};

/// Sleeps in the kernel, and does nothing else.
class [[gnu::visibility("default")]] FutexParker final : public Parker {
 public:
  void park(TimePoint deadline) noexcept override;
  void unpark() noexcept override;

 private:
  std::atomic<std::uint32_t> unparked_{0};
};

}  // namespace mtaio::lowlevel
