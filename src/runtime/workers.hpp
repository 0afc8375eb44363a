/// The workers of a runtime, and the work that is visible to them.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include "runtime/injector.hpp"
#include "runtime/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mtaio::runtime {

/// What a worker sees in all queues before it sleeps.
enum class VisibleWork : std::uint8_t {
  kNothing,
  /// Jobs of other workers whose steal delay is not over.
  kLater,
  /// Fan-outs, which this worker does not take because it backs off.
  kForOthers,
  /// Work that this worker may take.
  kNow,
};

/// The workers of a runtime, and the queue through which work comes in from outside. Its functions
/// look at all workers. Any thread. What they return may be outdated, unless the caller has
/// executed a fence.
class Workers {
 public:
  void reserve(std::size_t count) { all_.reserve(count); }
  /// REQUIRES: `reserve()` was called for this worker, too.
  Worker& add(std::unique_ptr<Worker> worker) noexcept {
    // So the compiler leaves out the code that would enlarge the vector.
    if (all_.size() == all_.capacity()) __builtin_unreachable();
    return *all_.emplace_back(std::move(worker));
  }

  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] Worker& operator[](std::size_t index) noexcept { return *all_[index]; }
  [[nodiscard]] Injector& injector() noexcept { return injector_; }

  /// Whether there is any work, or a timer has expired.
  [[nodiscard]] bool has_work() const noexcept;
  /// What `worker` sees. Its own fan-outs count like those of other workers.
  [[nodiscard]] VisibleWork visible_work(const Worker& worker) noexcept;

  /// The earliest deadline of all timers, `TimePoint::max()` if there is none.
  [[nodiscard]] lowlevel::TimePoint next_deadline() const noexcept;
  void fire_expired_timers() noexcept;
  /// The calling thread is going to block, perhaps in a timer that fires.
  void let_others_fire() noexcept;

 private:
  [[nodiscard]] bool timer_has_expired() const noexcept;

  std::vector<std::unique_ptr<Worker>> all_;
  Injector injector_;
};

}  // namespace mtaio::runtime
