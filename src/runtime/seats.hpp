/// Who sits where.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include "runtime/seat.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace mtaio::runtime {

/// Hands seats from thread to thread, so that there are never more threads at work than seats.
///
/// A thread that calls `run()` takes a seat if one is free, and otherwise waits until one is, or
/// until its run has ended. A thread that must block in the middle of a task passes its seat to a
/// spare thread, and insists on getting one back before it goes on: whoever finds at the end of a
/// job that somebody insists gets up, and queues again.
///
/// A thread that is blocked has nobody who asks for a seat in its place: its spare thread may have
/// got up for somebody else, who then leaves for good. So a seat that nobody wants goes to a spare
/// thread as long as fewer of those sit than threads are blocked. Otherwise a run could be left
/// without a worker.
class Seats {
 public:
  /// Before any thread sits. The seats start free.
  void add(Seat& seat);

  /// Sits down if a seat is free.
  bool try_sit(Occupant& who) noexcept;
  /// Waits for a seat. False if `who` was dismissed first and does not insist.
  bool sit(Occupant& who, bool insists) noexcept;
  /// Passes the seat of `who` to the next one who waits, or leaves it free.
  void leave(Occupant& who) noexcept;
  /// `who`, a spare thread, sits down in place of `from`, which is going to block.
  void pass(Occupant& from, Occupant& who) noexcept;
  /// `who` has been blocked and insists on a seat.
  void come_back(Occupant& who) noexcept;
  /// Whether `who`, between two jobs, is to leave its seat to somebody else.
  [[nodiscard]] bool wanted(const Occupant& who) const noexcept {
    return somebody_insists() || (who.spare && waiters_.load(std::memory_order_relaxed) > 0);
  }

  /// Whether a thread that was blocked waits to go on.
  [[nodiscard]] bool somebody_insists() const noexcept {
    return insisting_.load(std::memory_order_relaxed) > 0;
  }

  /// Tells `who` to get up or to stop waiting, for good. `who` may be gone when this returns.
  void dismiss(Occupant& who) noexcept;

  /// Waits until somebody passes a seat to the spare thread. False when it is dismissed.
  bool wait_as_spare(Occupant& spare) noexcept;
  /// A spare thread that waits, no longer waiting; null when there is none.
  Occupant* take_spare() noexcept;

 private:
  using Guard = std::unique_lock<std::mutex>;

  void put(Seat& seat, Occupant& who) noexcept;
  /// The seat of `who`, which gets up.
  Seat& take_from(Occupant& who) noexcept;
  /// Whether a spare thread has to sit down for one that is blocked.
  [[nodiscard]] bool spare_needed() const noexcept { return spares_seated_ < blocked_; }
  static void notify(Occupant& who) noexcept;
  bool wait(Guard& guard, Occupant& who) noexcept;

  std::mutex mutex_;  // guards all below
  std::vector<Seat*> all_;
  lowlevel::IntrusiveList<Seat> free_;
  lowlevel::IntrusiveList<Occupant> waiting_;  // for a seat; those who insist in front
  lowlevel::IntrusiveList<Occupant> spares_;   // waiting to sit in for somebody
  std::size_t blocked_ = 0;        // threads that are no spares and passed their seat to one
  std::size_t spares_seated_ = 0;  // spares on a seat
  std::atomic<std::size_t> insisting_{0};  // how many in waiting_ insist; read without the lock
  std::atomic<std::size_t> waiters_{0};    // how many are in waiting_; read without the lock
};

}  // namespace mtaio::runtime
