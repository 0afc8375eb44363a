/// The place where a task leaves its result.
#pragma once

#include <concepts>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// Stored in place of void.
struct Unit {};

/// Out of line, so that coroutines need no room for an exception on the stack.
template <class AnyResult>
[[gnu::noinline]] void keep_current_exception(AnyResult& result) noexcept {
  result.set_error(std::current_exception());
}

/// A `std::logic_error` that says that a coroutine ended without co_return.
[[nodiscard, gnu::visibility("default")]] std::exception_ptr no_result_error() noexcept;

/// Out of line, for the same reason.
template <class AnyResult>
[[gnu::noinline]] void keep_no_result_error(AnyResult& result) noexcept {
  result.set_error(no_result_error());
}

/// How a `T` is stored: as itself, a reference as a pointer, void as `Unit`.
template <class T>
using Stored = std::conditional_t<
    std::is_void_v<T>, Unit,
    std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<T>, std::remove_const_t<T>>>;

/// Empty, a value, or an exception. Neither copied nor moved.
template <class T>
class Result {
  static_assert(std::is_nothrow_destructible_v<Stored<T>>,
                "the result of a task must not throw in its destructor: it is destroyed where "
                "nothing can catch that; make the destructor noexcept");

 public:
  Result() noexcept {}  // NOLINT(*-member-init): the union starts empty
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (state_ == State::kValue) {
      destroy(value_);
    } else if (state_ == State::kError) {
      destroy(error_);
    }
  }

  /// REQUIRES: empty. If the constructor of the value throws, the result stays empty.
  template <class... Args>
  void emplace(Args&&... args) {
    if constexpr (std::is_reference_v<T>) {
      make(value_, __builtin_addressof(args)...);
    } else {
      make(value_, std::forward<Args>(args)...);
    }
    state_ = State::kValue;
  }

  /// Replaces a value, if there is one: a variable's destructor may throw after a co_return.
  /// REQUIRES: no error.
  void set_error(std::exception_ptr error) noexcept {
    if (state_ == State::kValue) destroy(value_);
    make(error_, std::move(error));
    state_ = State::kError;
  }

  [[nodiscard]] bool empty() const noexcept { return state_ == State::kEmpty; }
  [[nodiscard]] bool has_value() const noexcept { return state_ == State::kValue; }
  [[nodiscard]] bool has_error() const noexcept { return state_ == State::kError; }
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

  /// The value, to be moved from. REQUIRES: has_value().
  [[nodiscard]] Stored<T>& stored() noexcept { return value_; }

  /// Moves the value out, or throws the exception. REQUIRES: not empty.
  T take() {
    if (state_ == State::kError) [[unlikely]]
      std::rethrow_exception(error_);
    return take_value();
  }
  /// Moves the value out. REQUIRES: has_value().
  T take_value() {
    if constexpr (std::is_void_v<T>) {
      return;
    } else if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(*value_);
    } else {
      return std::move(value_);
    }
  }

 private:
  enum class State : unsigned char { kEmpty, kValue, kError };

  template <class Member, class... Args>
  static void make(Member& place, Args&&... args) {
    auto* const address = static_cast<void*>(__builtin_addressof(place));
    if constexpr (sizeof...(Args) == 1) {
      // A cast, because the program may have written `co_return 1` for an unsigned number.
      ::new (address) Member(static_cast<Member>((std::forward<Args>(args), ...)));
    } else {
      ::new (address) Member(std::forward<Args>(args)...);
    }
  }
  template <class Member>
  static void destroy(Member& member) noexcept {
    member.~Member();
  }

  union {
    Stored<T> value_;
    std::exception_ptr error_;
  };
  State state_ = State::kEmpty;
};

}  // namespace mtaio::internal
