/// Threads that run one at a time.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/platform/fork_mark.hpp>

#include <atomic>
#include <list>
#include <semaphore>
#include <thread>

namespace mtaio::testing {

/// The work of the thread that has the baton.
class BatonWork {
 public:
  /// Works until nothing is left to do. The baton may change hands several times meanwhile.
  virtual void work() noexcept = 0;

 protected:
  ~BatonWork() = default;
};

/// The threads of a simulation. One has the baton and works; the others wait for the baton.
///
/// The thread that calls `run()` does all the work, until code blocks that cannot be suspended: a
/// destructor. If the same thread did other work on top of that code, the other work might have to
/// wait for the code below it on the stack. So the blocked thread keeps its stack, and another
/// thread gets the baton. It makes no difference to the work which thread does it.
class Baton {
 public:
  class Thread : public lowlevel::ListNode<Thread> {
    friend class Baton;
    /// Released when the thread gets the baton.
    std::binary_semaphore received_{0};
    /// Empty for the thread that calls `run()`.
    std::thread thread_;
  };

  explicit Baton(BatonWork& work) noexcept : work_{work} {}
  Baton(const Baton&) = delete;
  Baton& operator=(const Baton&) = delete;
  ~Baton();

  /// Gives the baton to the calling thread. Returns false if another thread has it. Any thread.
  [[nodiscard]] bool try_take() noexcept;
  /// Works until nothing is left to do. REQUIRES: the calling thread has taken the baton.
  void run() noexcept;
  /// Ends what `try_take()` began.
  void put_down() noexcept { holder_.store(nullptr, std::memory_order_relaxed); }

  /// Whether a thread has the baton. Any thread.
  [[nodiscard]] bool taken() const noexcept {
    return holder_.load(std::memory_order_relaxed) != nullptr;
  }
  /// Whether the calling thread has the baton.
  [[nodiscard]] bool is_here() const noexcept;

  // Called in the middle of the work.

  /// The thread that has the baton.
  [[nodiscard]] Thread& current() const noexcept { return *current_; }
  /// Passes the baton on, and waits until another thread calls `resume()` with this one.
  void block() noexcept;
  /// Passes the baton to a thread that has called `block()`, and waits to get it back.
  void resume(Thread& blocked) noexcept;

 private:
  void pass_to(Thread& next) noexcept;
  void wait_to_receive(Thread& self) noexcept;
  Thread& start_thread() noexcept;
  void thread_main(Thread& self) noexcept;

  BatonWork& work_;
  Thread first_;
  std::list<Thread> others_;
  /// Threads that wait for the baton and are not blocked.
  lowlevel::IntrusiveList<Thread> idle_;
  Thread* current_ = &first_;
  /// The identity of the thread that has the baton; null outside a run.
  std::atomic<const void*> holder_{nullptr};
  bool finishing_ = false;
  const internal::ForkMark made_in_;
};

}  // namespace mtaio::testing
