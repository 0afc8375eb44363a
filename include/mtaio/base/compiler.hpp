/// Faults of compilers that the library works around, or warns of.
#pragma once

// Not a static_assert: this must come before the first header of the system, which may have none
// for 32 bits.
#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ < 8
#error "mtaio needs a 64-bit platform: compile without -m32 or -mx32"
#endif

#include <concepts>
#include <type_traits>

namespace mtaio::internal {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool kDestroysClosuresTwice = true;
inline constexpr bool kMisplacesConditions = true;
#else
inline constexpr bool kDestroysClosuresTwice = false;
inline constexpr bool kMisplacesConditions = false;
#endif

/// A closure that GCC before 13 destroys twice if it is a temporary in a `co_await` expression: a
/// closure with captures that have destructors. A named closure that is moved is safe, but a
/// function cannot tell the two apart, so the library warns of both.
template <class Func>
concept UnsafeClosure =
    kDestroysClosuresTwice && std::is_class_v<Func> && !std::default_initializable<Func> &&
    !std::is_move_assignable_v<Func> && !std::is_trivially_destructible_v<Func>;

}  // namespace mtaio::internal
