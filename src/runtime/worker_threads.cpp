#include "runtime/worker_threads.hpp"

#include "platform/cpu.hpp"

#include <sched.h>

#include <cstddef>
#include <exception>

namespace mtaio::runtime {

WorkerThread* WorkerThreads::start(bool spare) noexcept {
  const std::scoped_lock guard{mutex_};
  if (finishing_) return nullptr;
  const std::size_t before = threads_->size();
  try {
    Thread& added = threads_->emplace_back(spare);
    added.thread = std::thread{[this, &thread = added.role, core = platform::current_core()] {
      if (thread.is_spare()) {
        loop_.work_as_spare(thread);
      } else {
        platform::get_off_core(core);
        worker_main(thread);
      }
    }};
    // A new thread often starts on the core of its creator. If the creator continues there, the new
    // thread waits for some milliseconds, until the kernel balances the load. This call lets the
    // new thread leave the core first.
    if (!spare) sched_yield();
    return &added.role;
  } catch (const std::exception&) {  // out of memory, or of threads
    if (threads_->size() > before) threads_->pop_back();
    return nullptr;
  }
}

void WorkerThreads::worker_main(WorkerThread& thread) noexcept {
  const bool has_worker = handoff_.try_acquire(thread);
  if (has_worker) {
    idle_.search_started(thread.worker());
  } else {
    idle_.search_given_up();
  }
  loop_.work(thread, has_worker);
}

WorkerThread* WorkerThreads::obtain_spare() noexcept {
  WorkerThread* spare = handoff_.reserve_spare();
  return spare ? spare : start(true);
}

void WorkerThreads::abandon() noexcept {
  // What a static variable points to is not a leak.
  [[maybe_unused]] static const void* reachable = nullptr;
  reachable = threads_.release();
}

void WorkerThreads::finish() noexcept {
  {
    const std::scoped_lock guard{mutex_};
    finishing_ = true;
  }
  for (Thread& each : *threads_) handoff_.dismiss(each.role);
  for (Thread& each : *threads_) each.thread.join();
}

}  // namespace mtaio::runtime
