/// A fan-out whose children come from a source: `map` over a queue, for example.
#pragma once

#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/trampoline.hpp>
#include <mtaio/fan_out/uniform.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace mtaio::internal {

/// `Children` makes the children, one after another:
///
///     value_type                  the result of a child
///     Item                        an item of the source
///     auto next()                 the operation that gives the next item, or `std::nullopt`. Not
///                                 called again after that, or after it has thrown
///     Task<value_type> make(item, limit, task_timeout)
///                                 makes the child of an item
///     kCall                       the member of `TaskExecutor` that messages name
///
/// A child begins by waiting for its item, and holds the token meanwhile: no other child waits for
/// one. Once it has the item it calls make(), offers the token, and the next child waits. So a call
/// waits for an item only when fewer children than `limit` run, and make() is never called by two
/// threads at the same time.
///
/// `Keeping`: as for `RangeFanOut`.
template <class Options, class Children, bool kOutcomes,
          template <class, class, class, bool, bool> class Keeping = UniformFanOut>
class SourceFanOut final
    : private Keeping<SourceFanOut<Options, Children, kOutcomes, Keeping>, Options,
                      typename Children::value_type, kOutcomes, false> {
  using Base = Keeping<SourceFanOut, Options, typename Children::value_type, kOutcomes, false>;
  friend FanOutLoop<SourceFanOut, Options>;
  using Base::results_;
  using typename Base::Where;
  using T = typename Children::value_type;

 public:
  using resumes_at_home = void;

  SourceFanOut(Children&& children, const Options& options)
      : Base{options}, children_(std::move(children)) {}

  [[nodiscard]] bool await_ready() { return this->ends_without_children(std::nullopt); }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    return this->start(awaiting);
  }
  auto await_resume() {
    this->finish(std::nullopt);
    return results_.take(this->started());
  }

 private:
  static constexpr std::size_t kMostChildren = static_cast<std::size_t>(-1);
  static constexpr bool kLastMayBeDirect = false;

  /// The source has an item for the child: counts it, and offers the token.
  class ChildStarts {
   public:
    using resumes_at_home = void;

    explicit ChildStarts(SourceFanOut& self) noexcept : self_{self} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<TaskPromise<T>> child) const {
      const std::size_t index = self_.started();
      child.promise().set_completion(&Base::ended, self_.results_.add(static_cast<Base*>(&self_)),
                                     index, self_.context());
      return transfer_to(self_.child_started(child, index + 1, false, Where::kAnywhere));
    }
    void await_resume() const noexcept {}

   private:
    SourceFanOut& self_;
  };

  /// The source has no item left: destroys the child, and retires the token.
  class NoChildLeft {
   public:
    using resumes_at_home = void;

    explicit NoChildLeft(SourceFanOut& self) noexcept : self_{self} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<TaskPromise<T>> child) const noexcept {
      SourceFanOut& self = self_;
      child.destroy();  // with this object
      self.set_total(self.started());
      return transfer_to(self.retire_token());
    }
    void await_resume() const noexcept {}

   private:
    SourceFanOut& self_;
  };

  std::coroutine_handle<> start_child(Where) {
    const auto frame = child(*this).release();
    frame.promise().set_completion(&SourceFanOut::not_started, this, this->context());
    return frame;
  }

  static Task<T> child(SourceFanOut& self) {
    self.ended_ = true;  // also if next() throws
    std::optional<typename Children::Item> item = co_await self.children_.next();
    if (!item) co_await NoChildLeft{self};
    self.ended_ = false;
    Task<T> task;
    std::exception_ptr error;
    try {
      task = self.make_task(std::move(*item));
    } catch (...) {
      error = std::current_exception();
    }
    co_await ChildStarts{self};
    if (error) [[unlikely]]
      std::rethrow_exception(std::move(error));
    co_return co_await std::move(task);
  }

  [[nodiscard]] Task<T> make_task(typename Children::Item&& item) {
    const auto& options = this->options();
    const std::size_t limit = options.limit.value();
    Task<T> task = children_.make(std::move(item), limit == no_limit.value() ? 0 : limit,
                                  options.task_timeout);
    if (!task) [[unlikely]]
      throw_no_task(Children::kCall);
    return task;
  }

  /// The child has ended before it had an item: the source has thrown.
  static std::coroutine_handle<> not_started(PromiseBase& base) noexcept {
    auto& promise = static_cast<TaskPromise<T>&>(base);
    auto& self = *static_cast<SourceFanOut*>(promise.receiver());
    const std::exception_ptr error = promise.result().error();
    std::coroutine_handle<TaskPromise<T>>::from_promise(promise).destroy();
    return self.child_failed_early(error);
  }

  [[nodiscard]] bool exhausted() const noexcept { return ended_; }

  Children children_;
  // The source has given std::nullopt, has thrown, or is being asked.
  bool ended_ = false;
};

}  // namespace mtaio::internal
