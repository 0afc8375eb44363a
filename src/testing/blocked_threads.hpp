/// The threads of a simulation that are blocked.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "testing/baton.hpp"
#include "testing/lag.hpp"

#include <cstddef>

namespace mtaio::testing {

/// Threads that wait for an event in a destructor, and those whose event has been set, which are
/// ready to continue.
class BlockedThreads {
 public:
  /// `lag` counts the threads that are ready.
  BlockedThreads(Baton& baton, Lag& lag) noexcept : baton_{baton}, lag_{lag} {}

  [[nodiscard]] bool empty() const noexcept { return blocked_.empty() && ready_.empty(); }
  /// How many threads are ready.
  [[nodiscard]] std::size_t ready() const noexcept { return ready_count_; }

  /// Blocks the calling thread until `event` is set and `resume()` chooses the thread.
  void block(const internal::ThreadEvent& event) noexcept {
    Blocked blocked{event, baton_.current()};
    blocked_.push_back(blocked);
    baton_.block();
  }

  /// Finds the threads whose event has been set.
  void update(lowlevel::TimePoint now) noexcept {
    for (Blocked* blocked = blocked_.front(); blocked;) {
      Blocked* next = List::next(*blocked);
      if (blocked->event.is_set()) {
        blocked_.erase(*blocked);
        ready_.push_back(*blocked);
        ++ready_count_;
        blocked->generation = lag_.begin(now);
      }
      blocked = next;
    }
  }

  /// Passes the baton to a thread that is ready, and waits to get it back.
  /// REQUIRES: `index` is below `ready()`.
  void resume(std::size_t index) noexcept {
    Blocked* chosen = ready_.front();
    while (index-- > 0) chosen = List::next(*chosen);
    ready_.erase(*chosen);
    --ready_count_;
    lag_.end(chosen->generation);
    baton_.resume(chosen->thread);
  }

 private:
  /// A call of `block()`, on the stack of the thread that blocks.
  struct Blocked : lowlevel::ListNode<Blocked> {
    Blocked(const internal::ThreadEvent& awaited, Baton::Thread& blocked_thread) noexcept
        : event{awaited}, thread{blocked_thread} {}
    const internal::ThreadEvent& event;
    Baton::Thread& thread;
    /// Once the event has been set.
    Lag::Generation generation = 0;
  };
  using List = lowlevel::IntrusiveList<Blocked>;

  Baton& baton_;
  Lag& lag_;
  List blocked_;
  List ready_;
  std::size_t ready_count_ = 0;
};

}  // namespace mtaio::testing
