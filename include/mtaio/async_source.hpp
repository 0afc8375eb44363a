/// What gives one item after another to the tasks that await them.
#pragma once

#include <mtaio/awaitable.hpp>

#include <optional>
#include <type_traits>

namespace mtaio {
namespace internal {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

}  // namespace internal

/// A type with a member function `next()`, whose result can be awaited and gives a
/// `std::optional`: the next item, or `std::nullopt` at the end. Queues,
/// `Generator` and `Stream` are sources. `map` and `stream` of a `TaskExecutor` take a source
/// wherever they take a range.
///
/// What a source of your own has to do, for `map` to keep its promises:
///
/// - `next()` is awaited again after it has given an item; not after it has given `std::nullopt`
///   or has thrown. One `next()` at a time is awaited by one `map`.
/// - A stop request to the awaiting task makes `next()` throw `CancelledError`, and no item is
///   lost.
template <class S>
concept AsyncSource = requires(S& source) {
  { source.next() } -> Awaitable;
  requires internal::kIsOptional<await_result_t<decltype(source.next())>>;
};

/// The type of the items of a source.
template <AsyncSource S>
using source_value_t = typename await_result_t<
    decltype(std::declval<std::remove_reference_t<S>&>().next())>::value_type;

}  // namespace mtaio
