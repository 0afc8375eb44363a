/// A flag for operations that can be awaited once.
#pragma once

#include <utility>

namespace mtaio::internal {

[[noreturn, gnu::visibility("default")]] void throw_used_up(const char* call);

/// A member of an operation whose arguments are moved out when it is awaited. It records that the
/// operation was awaited or moved from, so that it cannot start with moved-from arguments.
class SingleUse {
 public:
  SingleUse() = default;
  SingleUse(SingleUse&& other) noexcept : used_{std::exchange(other.used_, true)} {}
  SingleUse& operator=(SingleUse&& other) noexcept {
    used_ = std::exchange(other.used_, true);
    return *this;
  }
  ~SingleUse() = default;

  /// Throws `std::logic_error` the second time, and if the operation was moved from. `call` is the
  /// member function that returned the operation, such as "run_in_thread".
  void use(const char* call) {
    if (std::exchange(used_, true)) [[unlikely]]
      throw_used_up(call);
  }

 private:
  bool used_ = false;
};

}  // namespace mtaio::internal
