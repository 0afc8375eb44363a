/// The result of a task, or its exception.
#pragma once

#include <mtaio/base/invoke.hpp>

#include <concepts>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace mtaio {

/// The result of a task, or the exception that ended it. `T` may be void, a reference or move-only.
/// From docs/outcome.md:
///
///     const auto outcomes = co_await executor.map(mtaio::return_exceptions, half, numbers);
///     for (const mtaio::Outcome<int>& outcome : outcomes) {
///       if (outcome) {
///         std::cout << *outcome << '\n';
///       } else {
///         std::cout << "failed\n";
///       }
///     }
template <class T>
class Outcome {
  using Stored = std::conditional_t<
      std::is_void_v<T>, std::monostate,
      std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<T>, std::remove_const_t<T>>>;

  static_assert(std::is_nothrow_destructible_v<Stored>,
                "the value of an Outcome must not throw in its destructor: it is destroyed where "
                "nothing can catch that; make the destructor noexcept");

 public:
  using value_type = T;

  template <class... Args>
    requires std::constructible_from<Stored, Args...>
  explicit Outcome(std::in_place_t, Args&&... args)
      : state_{std::in_place_index<0>, std::forward<Args>(args)...} {}
  /// REQUIRES: `error` is not null.
  explicit Outcome(std::exception_ptr error) noexcept
      : state_{std::in_place_index<1>, std::move(error)} {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// The exception; null if there is a value.
  [[nodiscard]] std::exception_ptr error() const noexcept {
    const auto* error = std::get_if<1>(&state_);
    return error ? *error : nullptr;
  }

  /// The value; throws the exception if there is one.
  decltype(auto) value() & { return get(*this); }
  decltype(auto) value() const& { return get(*this); }
  decltype(auto) value() && { return get(std::move(*this)); }

  decltype(auto) operator*() & { return get(*this); }
  decltype(auto) operator*() const& { return get(*this); }
  decltype(auto) operator*() && { return get(std::move(*this)); }

  auto operator->()
    requires(!std::is_void_v<T>)
  {
    return __builtin_addressof(get(*this));
  }
  auto operator->() const
    requires(!std::is_void_v<T>)
  {
    return __builtin_addressof(get(*this));
  }

 private:
  template <class Self>
  static decltype(auto) get(Self&& self) {  // NOLINT(*-missing-std-forward)
    if (const auto* error = std::get_if<1>(&self.state_)) std::rethrow_exception(*error);
    if constexpr (std::is_void_v<T>) {
      return;
    } else if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(**std::get_if<0>(&self.state_));
    } else if constexpr (std::is_lvalue_reference_v<Self>) {
      return (*std::get_if<0>(&self.state_));
    } else {
      return std::move(*std::get_if<0>(&self.state_));
    }
  }

  std::variant<Stored, std::exception_ptr> state_;
};

/// The type of `return_exceptions`.
struct return_exceptions_t {
  explicit return_exceptions_t() = default;
};
/// Selects the overloads of `gather` and `map` that return an `Outcome` for each task instead of
/// throwing at the first failure.
inline constexpr return_exceptions_t return_exceptions{};

}  // namespace mtaio
