#include <mtaio/thread_pool.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "base/text.hpp"
#include "threads/waits_in_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace mtaio {
namespace {

constexpr std::chrono::seconds kIdleFor{10};

constexpr const char* kUsedInChild =
    "ThreadPool: used in a forked child of the process that made it, whose threads are in the "
    "parent only. Make a new pool in the child.";

// More threads than Linux can have at all: PID_MAX_LIMIT.
constexpr std::size_t kMostWorkers = std::size_t{1} << 22U;

std::size_t checked_workers(std::size_t max_workers) {
  if (max_workers < 1) {
    throw std::invalid_argument{"ThreadPool(0): a pool needs at least one worker to run anything."};
  }
  if (max_workers > kMostWorkers) {
    throw std::invalid_argument{
        internal::text({"ThreadPool(", max_workers, "): a pool has at most ", kMostWorkers,
                        " workers; was a negative number meant?"})};
  }
  return max_workers;
}

/// What a function that runs in a pool tells the pool.
class FunctionObserver {
 public:
  virtual void function_waits() = 0;
  virtual void function_resumes() noexcept = 0;

 protected:
  ~FunctionObserver() = default;
};

thread_local constinit FunctionObserver* pool_of_this_thread = nullptr;
thread_local constinit bool this_function_waits = false;

}  // namespace

// submit/destroy   A submit counts itself, under the mutex, before it wakes a thread without the
//                  mutex. Its function may return before the submit does, and a thread that waits
//                  for the function may then destroy the pool. So the submit takes itself out of
//                  the count with release, and the destructor waits, with acquire, until it is
//                  zero.

class ThreadPool::Threads final : public FunctionObserver {
 public:
  explicit Threads(std::size_t max) : max_{max} {}
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { finish(); }

  /// Whether this is a forked child, which has none of the threads, and where the mutex may be held
  /// by one of them forever.
  [[nodiscard]] bool forked() const noexcept { return made_in_.forked(); }

  [[nodiscard]] std::size_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

  /// From now on the pool may have `max` threads, if that is more than before.
  void grow_to(std::size_t max) noexcept {
    if (max <= this->max() || forked()) return;
    const std::scoped_lock guard{mutex_};
    max_.store(std::max(max, this->max()), std::memory_order_relaxed);
  }

  /// A function waits in a run(): another thread may run queued functions in its place. Throws if
  /// there is no other thread and none can be started; then the function must not wait.
  void function_waits() override {
    if (forked()) return;
    const std::scoped_lock guard{mutex_};
    ++waiting_;
    if (queued_ <= idle_ || !has_room()) return;
    const std::exception_ptr failure = start_one_more();
    if (!failure || running_.size() > waiting_) return;
    --waiting_;
    std::rethrow_exception(failure);
  }
  void function_resumes() noexcept override {
    if (forked()) return;
    const std::scoped_lock guard{mutex_};
    --waiting_;
  }

  void submit(lowlevel::BlockingJob& job) {
    if (forked()) throw std::logic_error{kUsedInChild};
    Joiner ended;  // joins when the lock is released
    {
      const std::scoped_lock guard{mutex_};
      ended.threads.swap(ended_);
      queue_.push_back(job);
      ++queued_;
      if (queued_ > idle_ && has_room()) start_one(job);
      if (!claim_notification()) return;
      waking_.fetch_add(1, std::memory_order_relaxed);
    }
    // Not under the lock, which the woken thread locks first: on this core it would preempt its
    // waker only to wait for it.
    wake_.notify_one();
    waking_.fetch_sub(1, std::memory_order_release);  // submit/destroy: the last access
  }

  bool withdraw(lowlevel::BlockingJob& job) noexcept {
    if (forked()) return false;
    const std::scoped_lock guard{mutex_};
    if (!job.linked()) return false;
    queue_.erase(job);
    --queued_;
    return true;
  }

 private:
  using Guard = std::unique_lock<std::mutex>;

  struct Joiner {
    Joiner() = default;
    Joiner(const Joiner&) = delete;
    Joiner& operator=(const Joiner&) = delete;
    ~Joiner() {
      for (std::thread& thread : threads) thread.join();
    }
    std::list<std::thread> threads;
  };

  /// Whether one more thread may be started. REQUIRES: mutex_ is held.
  [[nodiscard]] bool has_room() const noexcept { return running_.size() < max() + waiting_; }

  /// Starts a thread for `job`. If that fails and no thread is left that could run the job, takes
  /// it back and throws. REQUIRES: mutex_ is held; `job` is the last one queued.
  void start_one(lowlevel::BlockingJob& job) {
    const std::exception_ptr failure = start_one_more();
    if (!failure || running_.size() > waiting_) return;
    queue_.erase(job);
    --queued_;
    std::rethrow_exception(failure);
  }

  /// Returns why no thread could be started, null if one was. REQUIRES: mutex_ is held.
  std::exception_ptr start_one_more() noexcept {
    try {
      running_.emplace_front();
      running_.front() = std::thread{[this, self = running_.begin()] { work(self); }};
      return nullptr;
    } catch (...) {
      if (!running_.empty() && !running_.front().joinable()) running_.pop_front();
      return std::current_exception();
    }
  }

  /// Whether to notify one more thread of the queued jobs. Not while a notified thread has yet to
  /// look: that thread takes a job and, before it runs it, notifies the next thread. So threads
  /// that are awake run short functions one after the other. REQUIRES: mutex_ is held.
  bool claim_notification() noexcept {
    if (queued_ == 0 || idle_ == 0 || notified_) return false;
    notified_ = true;
    return true;
  }

  void work(std::list<std::thread>::iterator self) noexcept {
    pool_of_this_thread = this;
    Guard guard{mutex_};
    for (;;) {
      // This thread was started in place of a function that waited, and that has resumed by now.
      if (running_.size() > max() + waiting_ && !finishing_) {
        // It may have been notified of a queued job.
        if (claim_notification()) wake_.notify_one();
        break;
      }
      if (lowlevel::BlockingJob* job = queue_.pop_front()) {
        --queued_;
        const bool notifies_next = claim_notification();
        guard.unlock();
        if (notifies_next) wake_.notify_one();
        job->run();
        if (forked()) internal::end_forked_child();
        guard.lock();
        continue;
      }
      if (finishing_) break;
      ++idle_;
      const auto until = std::chrono::steady_clock::now() + kIdleFor;
      const bool woken = wake_.wait_until(guard, until) == std::cv_status::no_timeout;
      --idle_;
      notified_ = false;
      if (!woken && queue_.empty() && !finishing_) break;
    }
    ended_.splice(ended_.begin(), running_, self);
    if (finishing_ && running_.empty()) all_ended_.set();
  }

  void finish() noexcept {
    if (pool_of_this_thread == this) {
      lowlevel::contract_violation(
          "ThreadPool destroyed by a function that runs in it. A pool waits for its functions, so "
          "this one would wait for itself; destroy the pool elsewhere.");
    }
    {
      const std::scoped_lock guard{mutex_};
      finishing_ = true;
      wake_.notify_all();
      if (running_.empty()) all_ended_.set();
    }
    internal::block_until(all_ended_);
    // submit/destroy: no submit is about to use the condition variable any more.
    while (waking_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
    // The last thread sets all_ended_ under the mutex, and has unlocked that once it is joined.
    Joiner ended;
    const std::scoped_lock guard{mutex_};
    ended.threads.swap(ended_);
  }

  const internal::ForkMark made_in_;
  // Written under the mutex, read without it.
  std::atomic<std::size_t> max_;
  // Guards all below, and is never held while a job runs.
  std::mutex mutex_;
  std::condition_variable wake_;
  // How many submits are about to notify wake_, without the mutex.
  std::atomic<int> waking_{0};
  lowlevel::IntrusiveList<lowlevel::BlockingJob> queue_;
  // How many jobs are in queue_.
  std::size_t queued_ = 0;
  // How many threads wait for wake_, or have been notified and have not looked yet.
  std::size_t idle_ = 0;
  // Whether a thread has been notified and has not looked yet.
  bool notified_ = false;
  // How many functions that run wait in a run().
  std::size_t waiting_ = 0;
  std::list<std::thread> running_;
  // Threads that have ended, to be joined.
  std::list<std::thread> ended_;
  bool finishing_ = false;
  internal::ThreadEvent all_ended_;
};

ThreadPool::ThreadPool(std::size_t max_workers)
    : threads_{new Threads{checked_workers(max_workers)}} {}

ThreadPool::~ThreadPool() {
  if (!threads_->forked()) {
    delete threads_;
    return;
  }
  // What a static variable points to is not a leak.
  [[maybe_unused]] static const void* reachable = nullptr;
  reachable = threads_;
}

std::size_t ThreadPool::max_workers() const noexcept { return threads_->max(); }

void ThreadPool::submit(lowlevel::BlockingJob& job) { threads_->submit(job); }

bool ThreadPool::withdraw(lowlevel::BlockingJob& job) noexcept { return threads_->withdraw(job); }

void ThreadPool::grow_to(std::size_t max_workers) noexcept { threads_->grow_to(max_workers); }

namespace threads {

WaitsInPool::WaitsInPool() : counted_{pool_of_this_thread != nullptr && !this_function_waits} {
  if (!counted_) return;
  pool_of_this_thread->function_waits();
  this_function_waits = true;
}

WaitsInPool::~WaitsInPool() {
  if (!counted_) return;
  pool_of_this_thread->function_resumes();
  this_function_waits = false;
}

}  // namespace threads

}  // namespace mtaio
