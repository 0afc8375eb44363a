/// What an idle worker sleeps on.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::lowlevel {

/// To be implemented by programs whose idle workers wait for more than work, such as an I/O
/// reactor. One thread at a time parks; any thread may unpark. An `unpark()` that comes before the
/// `park()` makes the `park()` return immediately.
class [[gnu::visibility("default")]] Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;
  virtual ~Parker();

  /// Returns after `unpark()`, or when `deadline` has passed (`TimePoint::max()`: never). It may
  /// also return earlier.
  virtual void park(TimePoint deadline) noexcept = 0;
  /// Makes the current call of `park()` return, or the next one if none is under way. What the
  /// caller did before is visible to the parking thread when its `park()` returns.
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
