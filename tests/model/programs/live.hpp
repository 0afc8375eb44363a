/// Frames that are missed when they are not destroyed.
#pragma once

#include <cstdint>

namespace model {

/// A local variable of a coroutine: there are as many as there are frames that have been entered.
class Live {
 public:
  Live() noexcept { ++count_; }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live() { --count_; }

  [[nodiscard]] static std::int64_t count() noexcept { return count_; }

 private:
  static inline std::int64_t count_ = 0;
};

}  // namespace model
