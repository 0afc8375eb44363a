/// Faults of compilers that the library works around or warns of, and an attribute that only one
/// compiler knows.
///
/// The slow half of an inlined function is declared
///
///     [[clang::preserve_most, clang::internal_linkage, gnu::cold, clang::noinline]] inline
///
/// `preserve_most` lets the caller keep its registers across the call, so the fast half saves none
/// (docs/design/hot_paths.md has the figures). With `internal_linkage` each object file has its own
/// copy: both sides of the call agree on the convention whatever else is linked, and no lazy binding
/// comes in between. Such a function must be `noexcept`: an exception would not restore the
/// registers.
#pragma once

// Not a static_assert: this comes before any header of a system that may lack those for 32 bits.
#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ < 8
#error "mtaio needs a 64-bit platform: compile without -m32 or -mx32"
#endif

#include <concepts>
#include <type_traits>

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic ignored_attributes "clang::"
#endif

namespace mtaio::internal {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool kDestroysClosuresTwice = true;
inline constexpr bool kMisplacesConditions = true;
#else
inline constexpr bool kDestroysClosuresTwice = false;
inline constexpr bool kMisplacesConditions = false;
#endif

/// A closure that GCC before 13 destroys twice if it is a temporary in a `co_await` expression: one
/// whose captures have a destructor. From here a temporary looks like a named closure that is
/// moved, which is safe; so this warns of both.
template <class Func>
concept UnsafeClosure =
    kDestroysClosuresTwice && std::is_class_v<Func> && !std::default_initializable<Func> &&
    !std::is_move_assignable_v<Func> && !std::is_trivially_destructible_v<Func>;

}  // namespace mtaio::internal
