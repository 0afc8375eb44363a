/// A fan-out whose children all return the same type, and whose results make a vector.
#pragma once

#include <mtaio/fan_out/loop.hpp>
#include <mtaio/fan_out/results.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <type_traits>

namespace mtaio::internal {

/// Stores the results of the children, which return a `T`. `Derived` makes the children: see
/// `FanOutLoop`. `kCountKnown`: whether `results_.expect()` is called with their number.
template <class Derived, class Options, class T, bool kOutcomes, bool kCountKnown>
class UniformFanOut : protected FanOutLoop<Derived, Options> {
 protected:
  using Results = ResultsInOrder<T, kOutcomes, kCountKnown>;

  explicit UniformFanOut(const Options& options) noexcept(
      std::is_nothrow_default_constructible_v<Results>)
      : FanOutLoop<Derived, Options>{options, kOutcomes} {}

  /// The parent has been suspended: starts the first child.
  template <class Promise>
  std::coroutine_handle<> start(std::coroutine_handle<Promise> parent) {
    TaskContext* context = context_of(parent);
    if (in_task(context)) [[likely]] {
      this->begin(parent, context, context->root);
    } else {
      this->begin_outside_task(parent, context);
    }
    return transfer_to(this->start_next_slow());
  }

  void keep_error(const std::exception_ptr& error) {
    if constexpr (kOutcomes) Results::fail(results_.add(this), error);
  }

  /// What a child completes with. Its receiver is what `results_.add(this)` has returned.
  static std::coroutine_handle<> ended(PromiseBase& base) noexcept {
    auto& promise = static_cast<TaskPromise<T>&>(base);
    auto& self = *static_cast<UniformFanOut*>(Results::owner_of(promise.receiver()));
    if (promise.result().has_error()) [[unlikely]] {
      self.keep_failure(promise, promise.result().error());
    } else {
      try {
        self.results_.store(promise.receiver(), promise.index(), promise.result());
      } catch (...) {
        self.keep_failure(promise, std::current_exception());
      }
    }
    std::coroutine_handle<TaskPromise<T>>::from_promise(promise).destroy();
    return self.child_ended();
  }

  [[no_unique_address]] Results results_;

 private:
  void keep_failure(TaskPromise<T>& promise, const std::exception_ptr& error) noexcept {
    if constexpr (kOutcomes) Results::fail(promise.receiver(), error);
    this->child_failed(promise.index(), error);
  }
};

}  // namespace mtaio::internal
