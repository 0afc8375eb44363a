/// `invoke` and `std::reference_wrapper`, without the rest of <functional>.
///
/// With libstdc++ 12, <functional> brings in hash tables and algorithms for its searchers: an
/// eighth of the lines that <mtaio/core.hpp> would compile.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

// libstdc++ defines std::reference_wrapper here.
#if __has_include(<bits/refwrap.h>)
#include <bits/refwrap.h>
#else
#include <functional>
#endif

namespace mtaio::internal {

/// The same as `std::invoke`.
template <class Func, class... Args>
constexpr std::invoke_result_t<Func, Args...> invoke(Func&& func, Args&&... args) {
  if constexpr (requires { std::forward<Func>(func)(std::forward<Args>(args)...); }) {
    return std::forward<Func>(func)(std::forward<Args>(args)...);
  } else {
    // A pointer to a member.
    return std::apply(std::forward<Func>(func), std::forward_as_tuple(std::forward<Args>(args)...));
  }
}

}  // namespace mtaio::internal
