/// The ready jobs of a worker.
#pragma once

#include <mtaio/lockfree/work_deque.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/job.hpp>

#include "runtime/job_list.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mtaio::runtime {

/// The fences of a deque whose owner never pops, but takes the oldest item as thieves do. So
/// pop/steal of work_deque.hpp needs no fences.
struct NoFences {
  static void owner() noexcept {}
  static void thief() noexcept {}
};

/// First in, first out, of any length: a push cannot fail. The oldest jobs are in a ring that
/// thieves take from without a lock; the jobs that do not fit are in a list behind it.
///
/// I1  Every job in the list is younger than every job in the ring. So as long as the list may hold
///     a job, the ring takes no new one (`open_slots_` is zero): a job that becomes ready goes to
///     the back of the list, and the ring is filled from the front of the list once it is empty.
///
/// So a job that becomes ready is taken after all jobs that were ready here before it, however many
/// they are.
class ReadyQueue {
  using Ring = internal::WorkDeque<lowlevel::Job, 256, NoFences>;

 public:
  /// Owner only. Puts `job` behind all jobs that are here.
  void push(lowlevel::Job& job) noexcept {
    if (!ring_.push_below(open_slots_, &job)) [[unlikely]]
      push_to_list(job);
  }

  /// Owner only. The oldest job in the ring, or null: then refill() may bring more. `alone`: there
  /// are no thieves.
  [[nodiscard]] lowlevel::Job* take(bool alone) noexcept {
    return alone ? ring_.take_alone() : ring_.steal();
  }

  /// Owner only. Fills the ring from the list if the ring is empty; returns whether it did.
  bool refill() noexcept {
    if (open_slots_ != 0 || !ring_.empty()) return false;
    fill();
    return true;
  }

  /// Any thread. The oldest job in the ring, or null.
  [[nodiscard]] lowlevel::Job* steal() noexcept { return ring_.steal(); }

  /// Any thread. Moves a share of the list to the back of `thief`, the caller's own queue; returns
  /// whether there was any. A worker with so many jobs does not need the share soon.
  bool share_list(ReadyQueue& thief) noexcept {
    constexpr std::size_t kMost = 64;
    const std::size_t size = list_.size();
    if (size == 0) return false;
    lowlevel::IntrusiveList<lowlevel::Job> share;
    const std::size_t count = list_.pop_many(std::min(size / 2 + 1, kMost), share);
    if (count == 0) return false;
    shared_.fetch_add(static_cast<std::int64_t>(count), std::memory_order_relaxed);
    while (lowlevel::Job* job = share.pop_front()) thief.push(*job);
    return true;
  }

  // Any thread. Guesses, unless no other thread uses the queue, or the caller has executed a fence.

  [[nodiscard]] bool empty() const noexcept { return ring_.empty() && list_.empty(); }
  /// False if there are more jobs than the ring holds.
  [[nodiscard]] bool list_empty() const noexcept { return list_.empty(); }
  [[nodiscard]] bool ring_empty() const noexcept { return ring_.empty(); }
  /// How many jobs have been taken from the ring so far.
  [[nodiscard]] std::int64_t taken() const noexcept { return ring_.taken(); }
  /// The value of taken() once all jobs that are now in the ring have been taken.
  [[nodiscard]] std::int64_t taken_when_ring_empty() const noexcept {
    return ring_.taken_when_empty();
  }
  /// How many jobs have left the queue so far.
  [[nodiscard]] std::int64_t gone() const noexcept {
    return taken() + shared_.load(std::memory_order_relaxed);
  }
  /// The value of gone() once all jobs that are here now have left.
  [[nodiscard]] std::int64_t gone_when_empty() const noexcept {
    return taken_when_ring_empty() + shared_.load(std::memory_order_relaxed) +
           static_cast<std::int64_t>(list_.size());
  }

 private:
  void push_to_list(lowlevel::Job& job) noexcept {
    // Thieves may have emptied the list.
    if (open_slots_ == 0 && list_.empty()) {
      open_slots_ = Ring::kSlots;
      if (ring_.push(&job)) return;
    }
    open_slots_ = 0;
    list_.push(job);
  }

  void fill() noexcept {
    lowlevel::IntrusiveList<lowlevel::Job> oldest;
    list_.pop_many(Ring::kSlots, oldest);
    // Only the owner adds to the ring, so there is room.
    while (lowlevel::Job* job = oldest.pop_front()) (void)ring_.push(job);
    if (list_.empty()) open_slots_ = Ring::kSlots;
  }

  Ring ring_;
  // How many jobs the ring may hold now. Owner only.
  std::int64_t open_slots_ = Ring::kSlots;
  JobList list_;
  // How many jobs thieves have taken from the list.
  std::atomic<std::int64_t> shared_{0};
};

}  // namespace mtaio::runtime
