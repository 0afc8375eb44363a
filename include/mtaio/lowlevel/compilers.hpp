/// What compilers do wrong, and how the library warns of it.
#pragma once

#include <concepts>
#include <type_traits>

namespace mtaio::lowlevel {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool kDestroysClosuresTwice = true;
#else
inline constexpr bool kDestroysClosuresTwice = false;
#endif

/// A closure that GCC before 13 destroys twice if it is a temporary in a `co_await` expression: one
/// whose captures have a destructor. From here a temporary looks like a named closure that is
/// moved, which is safe; so this warns of both.
template <class Func>
concept UnsafeClosure =
    kDestroysClosuresTwice && std::is_class_v<Func> && !std::default_initializable<Func> &&
    !std::is_move_assignable_v<Func> && !std::is_trivially_destructible_v<Func>;

}  // namespace mtaio::lowlevel
