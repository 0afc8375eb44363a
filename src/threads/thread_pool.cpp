#include <mtaio/thread_pool.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "threads/waits_in_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace mtaio {
namespace {

constexpr std::chrono::seconds kIdleFor{10};

constexpr const char* kUsedInChild =
    "ThreadPool: used in a forked child of the process that made it, whose threads are in the "
    "parent "
    "only. Make a new pool in the child.";

// More threads than Linux can have at all: PID_MAX_LIMIT.
constexpr std::size_t kMostWorkers = std::size_t{1} << 22U;

std::size_t checked_workers(std::size_t max_workers) {
  if (max_workers < 1) {
    throw std::invalid_argument{"ThreadPool(0): a pool needs at least one worker to run anything."};
  }
  if (max_workers > kMostWorkers) {
    throw std::invalid_argument{"ThreadPool(" + std::to_string(max_workers) +
                                "): a pool has at most " + std::to_string(kMostWorkers) +
                                " workers; was a negative number meant?"};
  }
  return max_workers;
}

/// What a function that runs in a pool can tell the pool.
class RunsFunctions {
 public:
  virtual void function_waits() = 0;
  virtual void function_goes_on() noexcept = 0;

 protected:
  ~RunsFunctions() = default;
};

thread_local constinit RunsFunctions* pool_of_this_thread = nullptr;
thread_local constinit bool this_function_waits = false;

}  // namespace

// E1  submit <-> destruction   A submit counts itself, under the mutex, before it wakes a thread
//                              without the mutex. Its function may return before it does, and
//                              whoever waits for that may destroy the pool: the count is waited for.

class ThreadPool::Threads final : public RunsFunctions {
 public:
  explicit Threads(std::size_t max) : max_{max} {}
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { finish(); }

  /// Whether this is a child process, which has none of the threads, and where the mutex may be
  /// held by one of them for ever.
  [[nodiscard]] bool forked() const noexcept { return made_in_.forked(); }

  [[nodiscard]] std::size_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

  /// From now on it may have `max` threads, if that is more than before.
  void grow_to(std::size_t max) noexcept {
    if (max <= this->max() || forked()) return;
    const std::scoped_lock guard{mutex_};
    max_.store(std::max(max, this->max()), std::memory_order_relaxed);
  }

  /// A function waits in a run(): another thread may run what is queued in its place. Throws if
  /// there is none, and cannot be: then the function must not wait.
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
  void function_goes_on() noexcept override {
    if (forked()) return;
    const std::scoped_lock guard{mutex_};
    --waiting_;
  }

  void submit(lowlevel::BlockingJob& job) {
    if (forked()) throw std::logic_error{kUsedInChild};
    Joiner gone;  // joins when the lock is released
    {
      const std::scoped_lock guard{mutex_};
      gone.threads.swap(gone_);
      queue_.push_back(job);
      ++queued_;
      if (queued_ > idle_ && has_room()) start_one(job);
      if (!send_for_next()) return;
      waking_.fetch_add(1, std::memory_order_relaxed);
    }
    // Not under the lock, which is the first thing that the woken thread wants: on this core it
    // would preempt its waker only to wait for it.
    wake_.notify_one();
    waking_.fetch_sub(1, std::memory_order_release);  // E1, the waker
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

  /// REQUIRES: mutex_ is held; `job` is the last one queued.
  void start_one(lowlevel::BlockingJob& job) {
    const std::exception_ptr failure = start_one_more();
    if (!failure || running_.size() > waiting_) return;  // the others will get to it
    queue_.erase(job);
    --queued_;
    std::rethrow_exception(failure);
  }

  /// Returns why it could not, if so. REQUIRES: mutex_ is held.
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

  /// Whether to notify one more thread, for what is queued: not if one is on the way already, for
  /// whoever comes takes one job and sends for the next thread before it runs it, because it may
  /// block. So functions that are short are run one after the other by threads that are awake.
  /// REQUIRES: mutex_ is held.
  bool send_for_next() noexcept {
    if (queued_ == 0 || idle_ == 0 || one_comes_) return false;
    one_comes_ = true;
    return true;
  }

  void work(std::list<std::thread>::iterator self) noexcept {
    pool_of_this_thread = this;
    Guard guard{mutex_};
    for (;;) {
      // It was started in place of a function that waited, and that goes on by now.
      if (running_.size() > max() + waiting_ && !finishing_) {
        if (send_for_next()) wake_.notify_one();  // it may have been woken for what is queued
        break;
      }
      if (lowlevel::BlockingJob* job = queue_.pop_front()) {
        --queued_;
        const bool next_comes = send_for_next();
        guard.unlock();
        if (next_comes) wake_.notify_one();
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
      one_comes_ = false;
      if (!woken && queue_.empty() && !finishing_) break;
    }
    gone_.splice(gone_.begin(), running_, self);
    if (finishing_ && running_.empty()) all_gone_.set();
  }

  void finish() noexcept {
    if (pool_of_this_thread == this) {
      lowlevel::contract_violation(
          "ThreadPool destroyed by a function that runs in it. A pool waits for its functions, so "
          "this one would wait for "
          "itself; destroy the pool elsewhere.");
    }
    {
      const std::scoped_lock guard{mutex_};
      finishing_ = true;
      wake_.notify_all();
      if (running_.empty()) all_gone_.set();
    }
    internal::block_until(all_gone_);
    // E1, the destroyer
    while (waking_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
    // The last one sets all_gone_ under the mutex; it has left it once it is joined.
    Joiner gone;
    const std::scoped_lock guard{mutex_};
    gone.threads.swap(gone_);
  }

  const internal::ForkMark made_in_;
  std::atomic<std::size_t> max_;  // written under mutex_
  std::mutex mutex_;              // guards all below; never held while a job runs
  std::condition_variable wake_;
  std::atomic<int> waking_{0};  // submits that are about to notify wake_, without the mutex
  lowlevel::IntrusiveList<lowlevel::BlockingJob> queue_;
  std::size_t queued_ = 0;  // how many are in queue_
  std::size_t idle_ = 0;  // how many threads wait for wake_, or have been woken and not yet looked
  bool one_comes_ = false;   // somebody is notified, and has not looked yet
  std::size_t waiting_ = 0;  // how many functions that run wait in a run()
  std::list<std::thread> running_;
  std::list<std::thread> gone_;  // left, to be joined
  bool finishing_ = false;
  internal::ThreadEvent all_gone_;
};

ThreadPool::ThreadPool(std::size_t max_workers)
    : threads_{std::make_unique<Threads>(checked_workers(max_workers))} {}

ThreadPool::~ThreadPool() {
  if (!threads_ || !threads_->forked()) return;
  [[maybe_unused]] static const void* reachable = nullptr;  // what it points to is no leak
  reachable = threads_.release();
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
  pool_of_this_thread->function_goes_on();
  this_function_waits = false;
}

}  // namespace threads

}  // namespace mtaio
