/// What can say how many.
#pragma once

#include <concepts>
#include <type_traits>

namespace mtaio::internal {

template <class T, class... Others>
concept OneOf = (std::same_as<T, Others> || ...);

/// An integer that is meant as one: neither a truth value nor a character.
template <class T>
concept Count = std::integral<T> &&
                !OneOf<std::remove_cv_t<T>, bool, char, wchar_t, char8_t, char16_t, char32_t>;

/// What would be converted to a count without a word: `Latch latch{'3'}`, `AsyncQueue<int>(2.5)`.
/// For overloads that are deleted.
template <class T>
concept NotACount = std::is_arithmetic_v<T> && !Count<T>;

}  // namespace mtaio::internal
