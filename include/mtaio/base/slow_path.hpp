/// How an inlined function calls its slow path.
#pragma once

#include <mtaio/base/compiler.hpp>

namespace mtaio::internal {

/// Calls `function(args...)`, the slow path of a function that is inlined. With clang the caller
/// keeps its registers across the call (`preserve_most`), so the fast path saves none;
/// docs/design/hot_paths.md has the figures. Each object file has a copy of its own
/// (`internal_linkage`): both sides of the call agree on the convention whatever else is linked,
/// and no lazy binding comes in between. REQUIRES: `function` does not throw; an exception would
/// not restore the registers.
#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
template <class Function, class... Args>
[[clang::preserve_most, clang::internal_linkage, gnu::cold, gnu::noinline]] inline auto
call_slow_path(Function function, Args... args) noexcept {
  return function(args...);
}
#else
template <class Function, class... Args>
inline auto call_slow_path(Function function, Args... args) noexcept {
  return function(args...);
}
#endif

}  // namespace mtaio::internal
