/// What compilers do differently, or wrong, and what the library does about it.
#pragma once

#include <concepts>
#include <type_traits>

// For a class with a destructor that may be passed and returned in a register all the same. Only
// clang can do that, so what is compiled by the two must not be mixed there: with clang the
// functions that take or return such a class have other names.
#if defined(__clang__)
#define MTAIO_IN_REGISTERS clang::trivial_abi, gnu::abi_tag("in_registers")
#else
#define MTAIO_IN_REGISTERS
#endif

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
