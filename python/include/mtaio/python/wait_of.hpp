/// A wait of Python that is itself a waiter of the core.
#pragma once

#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/python/wait_handle.hpp>

#include <coroutine>

namespace mtaio::python {

/// A `CoreWaiter`, which is a lowlevel::Waiter, in the list that `List` stands for. `List` has
///
///     bool enlist(CoreWaiter& waiter) noexcept;   // false if there is no need to wait
///     void forget(CoreWaiter& waiter) noexcept;   // takes it out of the list
///     void undo(CoreWaiter& waiter) noexcept;     // gives back what it was given
template <class CoreWaiter, class List>
class WaitOf final : public CoreWaiter, public WaitHandle {
 public:
  explicit WaitOf(List list) noexcept : CoreWaiter{&WaitOf::run}, list_{list} {}

 private:
  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    static_cast<WaitOf&>(job).arrive();
    return std::noop_coroutine();
  }
  bool enlist(lowlevel::Poster& poster) noexcept override {
    this->prepare(poster);
    return list_.enlist(*this);
  }
  bool claim() noexcept override { return lowlevel::Waiter::claim(); }
  void forget() noexcept override { list_.forget(*this); }
  void undo() noexcept override { list_.undo(*this); }
  void destroy() noexcept override { delete this; }

  List list_;
};

}  // namespace mtaio::python
