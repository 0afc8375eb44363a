/// A worker: the queues and timers that one thread at a time works on.
#pragma once

#include <mtaio/coro/local_queues.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/parker.hpp>
#include <mtaio/lowlevel/timer.hpp>

#include "runtime/idle_state.hpp"
#include "runtime/ready_queue.hpp"
#include "runtime/starvation_watch.hpp"
#include "runtime/steal_policy.hpp"
#include "runtime/tick.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace mtaio::runtime {

class WorkerThread;

/// Which thread does the work of a worker. Written by `WorkerHandoff`, under its lock.
class AssignedThread {
 public:
  /// REQUIRES: the calling thread is that thread.
  [[nodiscard]] WorkerThread& get() const noexcept { return *thread_; }

 private:
  friend class WorkerHandoff;
  WorkerThread* thread_ = nullptr;
};

/// One worker of a runtime. A thread acquires it and releases it between two jobs
/// (`WorkerHandoff`); the queues and timers stay with the worker.
///
/// The links of the `ListNode` belong to `Idle` while the worker has a thread, for its list of
/// sleepers, and to `WorkerHandoff` while it has none, for its list of free workers.
struct Worker : internal::LocalQueues, lowlevel::ListNode<Worker> {
  Worker(lowlevel::Scheduler& owner, const internal::IdleCounts& counts_of_owner,
         std::unique_ptr<lowlevel::Parker> made_parker, std::uint32_t seed, bool is_alone) noexcept
      : LocalQueues{owner, counts_of_owner},
        alone{is_alone},
        random{seed},
        parker{std::move(made_parker)} {}

  // Whether the runtime has no other worker, so that none ever steals from this one.
  const bool alone;

  // Touched by the worker's thread only, each in the part of the loop that it is named after.
  Tick tick;
  std::uint32_t random;
  StealBackOff back_off;
  // Debug builds only.
  StarvationWatches watches;

  // Only its thread, except for one field that Idle guards.
  IdleState idle;

  // Any thread, except for members that only the worker's thread may call; they say so.
  ReadyQueue ready;
  lowlevel::TimerHeap timers;
  // What thieves have seen of `ready`.
  StealDelay steal_delay;
  // Its thread parks, in Idle; any thread may unpark.
  const std::unique_ptr<lowlevel::Parker> parker;

  AssignedThread thread;
};

}  // namespace mtaio::runtime
