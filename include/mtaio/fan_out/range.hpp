/// A fan-out whose children come from a range: `gather(range)` and `map`.
#pragma once

#include <mtaio/fan_out/uniform.hpp>
#include <mtaio/task.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// `Children` makes the children, one after another:
///
///     value_type               the result of a child
///     bool advance()           goes to the next element; false if there is none. Not called again
///                              after it has returned false or thrown
///     Task<value_type> make()  makes the child of the current element
///     bool ended()             whether advance() has returned false or thrown
///     optional size()          the number of elements, if known. Called before advance()
///     kSized                   whether size() always knows
///     kCall                    the member of `TaskExecutor` that messages name
///
/// Children that are functions in threads have `make(limit, task_timeout)` instead of `make()`.
/// `check()`, if there is one, is called before any child starts, and may throw.
///
/// `Keeping` is `UniformFanOut`, or has the same members and keeps the results in another way.
template <class Options, class Children, bool kOutcomes,
          template <class, class, class, bool, bool> class Keeping = UniformFanOut>
class RangeFanOut final
    : private Keeping<RangeFanOut<Options, Children, kOutcomes, Keeping>, Options,
                      typename Children::value_type, kOutcomes, Children::kSized> {
  using Base =
      Keeping<RangeFanOut, Options, typename Children::value_type, kOutcomes, Children::kSized>;
  friend FanOutLoop<RangeFanOut, Options>;
  using Base::results_;
  using typename Base::Where;
  using T = typename Children::value_type;

 public:
  using resumes_at_home = void;

  RangeFanOut(Children&& children, const Options& options)
      : Base{options}, children_(std::move(children)) {}

  [[nodiscard]] bool await_ready() {
    if constexpr (requires { children_.check(); }) children_.check();
    total_ = children_.size();
    return this->ends_without_children(total_);
  }

  template <class Promise>
  [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (total_) results_.expect(*total_);
    return this->start(awaiting);
  }

  auto await_resume() {
    if (total_ == 0) return results_.take(0);
    this->finish(total_);
    return results_.take(this->started());
  }

 private:
  static constexpr std::size_t kMostChildren = static_cast<std::size_t>(-1);
  static constexpr bool kLastMayBeDirect = false;

  [[gnu::always_inline]] std::coroutine_handle<> start_child(Where where) {
    if (!children_.advance()) {
      if (!total_) this->set_total(this->started());
      return this->retire_token();
    }
    const std::coroutine_handle<> child = make_child();
    const std::size_t count = this->started() + 1;
    // If the number is always known, total_ is never empty.
    const bool exhausted = Children::kSized ? count == *total_ : count == total_;
    return this->child_started(child, count, exhausted, where);
  }
  [[gnu::always_inline]] std::coroutine_handle<> make_child() {
    void* receiver = results_.add(static_cast<Base*>(this));
    try {
      Task<T> child = make_task();
      if (!child) [[unlikely]]
        throw_no_task(Children::kCall);
      const auto frame = child.release();
      frame.promise().set_completion(&Base::ended, receiver, this->started(), this->context());
      return frame;
    } catch (...) {
      results_.remove_last();
      throw;
    }
  }

  [[gnu::always_inline]] Task<T> make_task() {
    const auto& options = this->options();
    if constexpr (requires { children_.make(0, options.task_timeout); }) {
      const std::size_t limit = options.limit.value();
      return children_.make(limit == no_limit.value() ? 0 : limit, options.task_timeout);
    } else {
      Task<T> child = children_.make();
      if (options.task_timeout) [[unlikely]]
        child = timed(std::move(child), *options.task_timeout);
      return child;
    }
  }

  [[nodiscard]] bool exhausted() const noexcept {
    return children_.ended() || this->started() == total_;
  }

  Children children_;
  std::optional<std::size_t> total_;
};

}  // namespace mtaio::internal
