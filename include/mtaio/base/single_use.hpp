/// What may be awaited once.
#pragma once

#include <utility>

namespace mtaio::internal {

[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_used_up(const char* call);

/// A member of an operation whose arguments are moved out when it is awaited. It notes that, and
/// that the operation was moved from, so that nothing starts with what was moved out of it.
class SingleUse {
 public:
  SingleUse() = default;
  SingleUse(SingleUse&& other) noexcept : used_{std::exchange(other.used_, true)} {}
  SingleUse& operator=(SingleUse&& other) noexcept {
    used_ = std::exchange(other.used_, true);
    return *this;
  }
  ~SingleUse() = default;

  /// Throws `std::logic_error` the second time, and in what was moved from. `call` is what made
  /// the operation: "run_in_thread".
  void use(const char* call) {
    if (std::exchange(used_, true)) [[unlikely]]
      throw_used_up(call);
  }

 private:
  bool used_ = false;
};

}  // namespace mtaio::internal
