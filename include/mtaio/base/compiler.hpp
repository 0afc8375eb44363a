/// What compilers do wrong, and how the library warns of it; and what one of them can do.
#pragma once

// Not a static_assert: this comes before any header of a system that may lack those for 32 bits.
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

/// A closure that GCC before 13 destroys twice if it is a temporary in a `co_await` expression: one
/// whose captures have a destructor. From here a temporary looks like a named closure that is
/// moved, which is safe; so this warns of both.
template <class Func>
concept UnsafeClosure =
    kDestroysClosuresTwice && std::is_class_v<Func> && !std::default_initializable<Func> &&
    !std::is_move_assignable_v<Func> && !std::is_trivially_destructible_v<Func>;

}  // namespace mtaio::internal

/// Begins the declaration of the slow half of a function that is inlined: who calls it keeps what
/// it has in registers across the call, and has none to save when it begins. Each object file has
/// its own, so that both sides of the call agree about that whatever else is linked, and no lazy
/// binding comes in between. Must be `noexcept`: an exception would not leave the registers alone.
#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define MTAIO_SLOW_HALF \
  [[clang::preserve_most, clang::internal_linkage, gnu::cold, gnu::noinline]] inline
#else
#define MTAIO_SLOW_HALF inline
#endif
