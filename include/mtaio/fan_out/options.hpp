/// The options of a fan-out besides `GatherOptions`.
#pragma once

#include <mtaio/base/durations.hpp>
#include <mtaio/options.hpp>

#include <optional>

namespace mtaio::internal {

/// Takes the place of `GatherOptions` in a call without options: the compiler knows its values.
struct NoOptions {
  // NOLINTBEGIN(readability-identifier-naming): named like the members of GatherOptions
  static constexpr Limit limit = no_limit;
  static constexpr std::optional<Timeout> timeout = std::nullopt;
  static constexpr std::optional<Timeout> task_timeout = std::nullopt;
  static constexpr Progress* progress = nullptr;
  // NOLINTEND(readability-identifier-naming)
};

/// The options of a fan-out with children that run already. It must not leave a child running, so
/// it starts every child, even after a failure and with a timeout of zero: such a child is started
/// only to be stopped.
struct JoinOptions : GatherOptions {
  using starts_all = void;

  explicit JoinOptions(const NoOptions&) noexcept {}
  explicit JoinOptions(const GatherOptions& options) noexcept : GatherOptions{options} {
    for (std::optional<Timeout>* time : {&timeout, &task_timeout}) {
      if (*time && (*time)->is_now()) *time = std::chrono::nanoseconds{1};
    }
  }
};

}  // namespace mtaio::internal
