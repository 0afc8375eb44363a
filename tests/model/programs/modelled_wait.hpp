/// An awaiter of the library with a model beside it: at each turn of a wait the model says what
/// should happen, and what happens is compared.
#pragma once

#include "model/explore/check.hpp"
#include "model/reference/wait.hpp"

#include <coroutine>
#include <cstddef>

namespace model {

/// Results in what has ended the wait. `Inner` is an awaiter of the library, `Run` the program:
///
///     void interfere();               // something that another thread might do just now
///     bool budget_is_spent();            // of Self::kTakesTurns: an operation that need not wait looks
///                                     // whether it is to stop, and gives way
///     void take_turn();               // it was not over, and the operation has not waited
///     void check_between() noexcept;  // a call of the library has returned
///     bool seldom(std::size_t times);
///
/// `Self` is the derived class, which asks the model:
///
///     bool tries();    // it looks as if the operation need not wait; if Self::kTakesTurns
///     void at_once();  // the operation is tried without waiting
///     void suspend();  // it is about to wait
///     End resume();    // it has its result
template <class Run, class Inner, class Self>
class ModelledWait {
 public:
  ModelledWait(const ModelledWait&) = delete;
  ModelledWait& operator=(const ModelledWait&) = delete;

  bool await_ready() {
    bool tries = false;
    if constexpr (Self::kTakesTurns) tries = self().tries();
    if constexpr (Self::kTakesTurns) turn_over_ = tries && run_.budget_is_spent();
    if (!turn_over_) self().at_once();
    const bool ready = inner_.await_ready();
    run_.check_between();
    if constexpr (Self::kTakesTurns) {
      if (tries && over()) run_.take_turn();
    }
    expect_equal(over(), ready, "await_ready()");
    if (!over() && run_.seldom(8)) run_.interfere();
    return ready;
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    bool gives_way = false;
    if constexpr (Self::kTakesTurns) {
      if (turn_over_ && wait_.stopped) {
        run_.actors().waits().end(wait_, End::kCancelled);
      } else if (turn_over_) {
        self().at_once();
        gives_way = over();
      }
    }
    if (!over()) self().suspend();
    const bool suspended = inner_.await_suspend(awaiting);
    run_.check_between();
    expect_equal(gives_way || !over(), suspended, "await_suspend()");
    return suspended;
  }

  End await_resume() { return self().resume(); }

 protected:
  /// `make` gives the awaiter, which cannot be moved.
  template <class Make>
  ModelledWait(Run& run, Wait& wait, Make make) : run_{run}, wait_{wait}, inner_{make()} {}
  ~ModelledWait() = default;

  Run& run() noexcept { return run_; }
  Wait& wait() noexcept { return wait_; }
  Inner& inner() noexcept { return inner_; }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
  [[nodiscard]] bool over() const noexcept { return wait_.end != End::kNone; }
  [[nodiscard]] bool served() const noexcept { return wait_.end == End::kServed; }

  Run& run_;
  Wait& wait_;
  Inner inner_;
  bool turn_over_ = false;
};

}  // namespace model
