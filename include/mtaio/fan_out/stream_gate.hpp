/// What the children of a stream and its consumer share, whatever the results are.
#pragma once

#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>

#include <cstddef>
#include <exception>
#include <mutex>

namespace mtaio::internal {

class FanOut;

/// Counts the places of a stream, keeps the token of its fan-out while no place is free, and wakes
/// the consumer.
///
/// A child takes a place when it starts, and its result keeps it until the consumer takes the
/// result. When no place is free, the token is parked here. The thread that frees a place posts the
/// token again, so that the next child starts.
class [[gnu::visibility("default")]] StreamGate : private lowlevel::StopNode {
 public:
  StreamGate(const StreamGate&) = delete;
  StreamGate& operator=(const StreamGate&) = delete;

  // For the fan-out.

  /// The children are about to start in `scope`. A stop request to it brings the token back, which
  /// then finds that no further child may start.
  void open(lowlevel::StopScope& scope) noexcept;
  /// A child takes a place, before it starts.
  void take_place() noexcept {
    const Guard guard{lock_};
    ++places_;
  }
  /// The caller holds the token. Parks it here and returns true if `limit` places are taken;
  /// otherwise the caller still holds it.
  [[nodiscard]] bool park_if_full(FanOut& token, std::size_t limit) noexcept;
  /// The children have ended, and their scope may be destroyed.
  void leave_scope() noexcept;
  /// No further child starts.
  void halt() noexcept;
  [[nodiscard]] bool halted() noexcept {
    const Guard guard{lock_};
    return halted_;
  }
  /// All children have ended, with `error` or without.
  void end(std::exception_ptr error) noexcept;

  // For the consumer.

  /// From now on no result is given, and the end is there.
  void close() noexcept;
  [[nodiscard]] bool ready() noexcept {
    const Guard guard{lock_};
    return can_take();
  }
  bool enlist(lowlevel::Waiter& waiter) noexcept;
  void forget(lowlevel::Waiter& waiter) noexcept;
  [[nodiscard]] bool has_waiter() noexcept {
    const Guard guard{lock_};
    return !consumers_.empty();
  }

 protected:
  using Guard = std::scoped_lock<lowlevel::SpinLock>;

  StreamGate() noexcept : lowlevel::StopNode{&StreamGate::stop} {}
  ~StreamGate() = default;

  // REQUIRES, for all of these: lock_ is held.

  /// Whether there is a result to be taken next.
  [[nodiscard]] virtual bool has_next() const noexcept = 0;
  [[nodiscard]] bool can_take() const noexcept { return has_next() || ended_ || closed_; }
  /// The waiter to be woken if there is a result to be taken, or the end; null if none waits.
  [[nodiscard]] lowlevel::Waiter* claim_consumer() noexcept {
    return can_take() ? consumers_.claim_first() : nullptr;
  }
  /// Frees a place. Returns the token if it was parked, to be posted without the lock.
  [[nodiscard]] FanOut* free_place() noexcept {
    --places_;
    return take_token();
  }
  [[nodiscard]] FanOut* take_token() noexcept {
    FanOut* const token = parked_;
    parked_ = nullptr;
    return token;
  }

  static void post(FanOut* token) noexcept;
  static void wake(lowlevel::Waiter* waiter) noexcept {
    if (waiter) waiter->wake();
  }

  // Guards all below, and what the derived class adds.
  lowlevel::SpinLock lock_;
  // Children that have started and whose results have not been taken.
  std::size_t places_ = 0;
  bool halted_ = false;
  bool ended_ = false;
  bool closed_ = false;
  // What the stream ends with; thrown once.
  std::exception_ptr error_;

 private:
  static void stop(lowlevel::StopNode& node) noexcept;

  // The token, while no place is free.
  FanOut* parked_ = nullptr;
  lowlevel::WaitList consumers_;
  lowlevel::StopScope* scope_ = nullptr;
};

}  // namespace mtaio::internal
