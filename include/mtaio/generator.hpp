/// A coroutine that gives one value after another.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/trampoline.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio {

template <class T>
class Generator;

namespace internal {

[[noreturn, gnu::visibility("default")]] void throw_no_generator();
[[noreturn, gnu::visibility("default")]] void throw_two_consumers();

/// Leaves a generator for the task that awaits its next value.
struct YieldAwaiter {
  using resumes_at_home = void;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> generator) const noexcept {
    return transfer_to(generator.promise().complete());
  }
  void await_resume() const noexcept {}
};

template <class T>
class GeneratorPromise : public PromiseBase {
 public:
  Generator<T> get_return_object() noexcept;
  void unhandled_exception() noexcept { error_ = std::current_exception(); }
  void return_void() noexcept {}

  template <class Value = T>
    requires std::constructible_from<T, Value>
  YieldAwaiter yield_value(Value&& value) {
    value_.emplace(std::forward<Value>(value));
    return {};
  }

  /// A task awaits the next value. Throws `std::logic_error` if another one does.
  void begin_next() {
    if (awaited_) [[unlikely]]
      throw_two_consumers();
    awaited_ = true;
  }
  /// Whether there is a value that has not been taken: moving it out has thrown.
  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
  /// The value, or nothing if the coroutine has ended. Throws what has left the coroutine, once.
  std::optional<T> take() {
    awaited_ = false;
    if (error_) [[unlikely]]
      std::rethrow_exception(std::exchange(error_, nullptr));
    std::optional<T> taken{std::move(value_)};
    value_.reset();
    return taken;
  }

 private:
  std::optional<T> value_;
  std::exception_ptr error_;
  bool awaited_ = false;
};

}  // namespace internal

/// A coroutine that gives one value after another by `co_yield`, and may `co_await` in between.
/// Lazy: it runs only while a value is awaited. An `AsyncSource`. Move-only; one consumer. `T` is
/// an object type that can be moved.
///
/// From docs/generator.md:
///
///     mtaio::Generator<int> countdown(int from) {
///       for (int i = from; i > 0; --i) {
///         co_await mtaio::sleep(1ms);
///         co_yield i;
///       }
///     }
///
///     mtaio::Task<void> async_main() {
///       auto numbers = countdown(3);
///       while (const auto number = co_await numbers.next()) std::cout << *number << '\n';
///     }
///
/// A generator that is destroyed before its end destroys the variables of its coroutine.
template <class T>
class [[nodiscard]] Generator {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && std::move_constructible<T>,
                "Generator<T>: T is an object type that can be moved; for references use "
                "Generator<std::reference_wrapper<T>>");

 public:
  using promise_type = internal::GeneratorPromise<T>;
  using value_type = T;

  class Next;

  /// Empty; the only valid operation is assignment.
  Generator() = default;
  Generator(Generator&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
  Generator& operator=(Generator&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Generator() {
    if (frame_) frame_.destroy();
  }

  /// Runs the coroutine to its next `co_yield` and gives that value; `std::nullopt` when the
  /// coroutine has ended. Throws what leaves the coroutine; after that gives `std::nullopt`. Throws
  /// `std::logic_error` if another task awaits `next()` at the moment.
  ///
  /// Suspends:  while the coroutine waits.
  /// Resumes:   where the coroutine yielded or ended, on the same scheduler.
  /// Cancelled: passes the stop request on to what the coroutine awaits. If the coroutine yields
  ///            all the same, its value is given.
  /// Threads:   one at a time.
  /// Lifetime:  the generator must outlive the operation. Arguments that the coroutine takes by
  ///            reference must outlive the generator (docs/lifetimes.md).
  [[nodiscard]] Next next() noexcept { return Next{frame_}; }

  /// Whether there is a coroutine.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

 private:
  friend promise_type;
  explicit Generator(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  std::coroutine_handle<promise_type> frame_;
};

/// The result of `next()`.
template <class T>
class [[nodiscard]] Generator<T>::Next {
 public:
  using resumes_at_home = void;

  explicit Next(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  [[nodiscard]] bool await_ready() const {
    if (!frame_) [[unlikely]]
      internal::throw_no_generator();
    frame_.promise().begin_next();
    return frame_.done() || frame_.promise().has_value();
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) const noexcept {
    frame_.promise().set_continuation(awaiting, internal::context_of(awaiting));
    return internal::transfer_to(frame_);
  }
  std::optional<T> await_resume() const { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace internal {

template <class T>
Generator<T> GeneratorPromise<T>::get_return_object() noexcept {
  return Generator<T>{frame_of(*this)};
}

}  // namespace internal

}  // namespace mtaio
