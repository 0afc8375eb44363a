/// How a task, or a function in a thread, learns that it was asked to stop.
#pragma once

#include <mtaio/lowlevel/stop_scope.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace mtaio {

template <class Callback>
class StopCallback;

/// Tells whether stop was requested. Cheap to copy; a model of C++26's stoppable-token.
///
/// From docs/stop_token.md:
///
///     const mtaio::StopToken stop = co_await mtaio::this_task::stop_token();
///     double sum = 0;
///     for (double number = 0;; ++number) {
///       if (stop.stop_requested()) throw mtaio::CancelledError{};
///       sum += std::sqrt(number);
///     }
///
/// Lifetime: valid until the end of the task, or of the function call, that received it.
class StopToken {
 public:
  /// The callback type for a token: `typename StopToken::callback_type<F>`.
  template <class Callback>
  using callback_type = StopCallback<Callback>;

  /// A token that is never stopped.
  StopToken() = default;
  explicit StopToken(lowlevel::StopScope* scope) noexcept : scope_{scope} {}

  /// Whether stop was requested. An expired timeout counts as a request from the moment it expires,
  /// even if the task has not waited since. Any thread.
  [[nodiscard]] bool stop_requested() const noexcept {
    return scope_ != nullptr && scope_->notice_if_requested();
  }
  /// Whether stop can ever be requested.
  [[nodiscard]] bool stop_possible() const noexcept { return scope_ != nullptr; }

  void swap(StopToken& other) noexcept { std::swap(scope_, other.scope_); }
  friend bool operator==(StopToken, StopToken) noexcept = default;

 private:
  template <class Callback>
  friend class StopCallback;

  lowlevel::StopScope* scope_ = nullptr;
};

/// Calls a function once when stop is requested: on the thread that requests it, or in the
/// constructor if stop was requested before. If the call is running on another thread, the
/// destructor waits for it. An exception that leaves the function ends the program, as with
/// `std::stop_callback`.
template <class Callback>
class [[nodiscard]] StopCallback : private lowlevel::StopNode {
  static_assert(std::invocable<Callback>);

 public:
  using callback_type = Callback;

  template <class Init>
    requires std::constructible_from<Callback, Init>
  explicit StopCallback(StopToken token, Init&& callback)
      : StopNode{&StopCallback::notify},
        callback_{std::forward<Init>(callback)},
        scope_{token.scope_} {
    if (scope_) scope_->add(*this);
  }
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;
  ~StopCallback() {
    if (scope_) scope_->remove(*this);
  }

 private:
  static void notify(StopNode& node) noexcept {
    auto& self = static_cast<StopCallback&>(node);
    self.scope_->notice();
    std::forward<Callback>(self.callback_)();
  }

  Callback callback_;
  lowlevel::StopScope* scope_;
};

template <class Callback>
StopCallback(StopToken, Callback) -> StopCallback<Callback>;

}  // namespace mtaio
