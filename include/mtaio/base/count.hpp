/// Which types can hold a count.
#pragma once

#include <concepts>
#include <type_traits>

namespace mtaio::internal {

template <class T, class... Others>
concept OneOf = (std::same_as<T, Others> || ...);

/// An integer type that is meant as a number: neither `bool` nor a character type.
template <class T>
concept Count = std::integral<T> &&
                !OneOf<std::remove_cv_t<T>, bool, char, wchar_t, char8_t, char16_t, char32_t>;

/// Types that would be converted to a count silently: `Latch latch{'3'}`, `AsyncQueue<int>(2.5)`.
/// For deleted overloads.
template <class T>
concept NotACount = std::is_arithmetic_v<T> && !Count<T>;

}  // namespace mtaio::internal
