/// Threads of which one at a time is at work.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/platform/fork_mark.hpp>

#include <list>
#include <semaphore>
#include <thread>

namespace mtaio::testing {

/// What has to be done in turns.
class TurnWork {
 public:
  /// Works until there is nothing left to be done; maybe for several turns, with those of others in
  /// between.
  virtual void work() noexcept = 0;

 protected:
  ~TurnWork() = default;
};

/// The threads of a simulation. All the work is done by the one that calls `run()`, until code
/// blocks that cannot be suspended, a destructor. Work that was done on top of it, on the same
/// stack, might have to wait for it in turn; so it keeps its stack, and another thread goes on. Who
/// does what makes no difference to what is done, because all others wait meanwhile.
class Turns {
 public:
  class Thread : public lowlevel::ListNode<Thread> {
    friend class Turns;
    std::binary_semaphore turn_{0};
    std::thread thread_;  // that of the caller of run() has none
  };

  explicit Turns(TurnWork& work) noexcept : work_{work} {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns();

  /// Returns when there is nothing left to be done.
  void run() noexcept;

  // Called in the middle of the work.

  /// The thread whose turn it is.
  [[nodiscard]] Thread& current() const noexcept { return *current_; }
  /// Waits until somebody calls `resume(current())`; another thread works meanwhile.
  void block() noexcept;
  /// Lets a thread that blocks go on, and waits until it is this one's turn again.
  void resume(Thread& blocked) noexcept;

 private:
  void pass_to(Thread& next) noexcept;
  Thread& start_thread() noexcept;
  void thread_main(Thread& self) noexcept;

  TurnWork& work_;
  Thread first_;
  std::list<Thread> others_;
  lowlevel::IntrusiveList<Thread> idle_;  // those that wait, but do not block
  Thread* current_ = &first_;
  bool finishing_ = false;
  const internal::ForkMark made_in_;
};

}  // namespace mtaio::testing
