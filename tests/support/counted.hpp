/// An object whose test fails when it is destroyed too rarely, or too often.
#pragma once

#include <atomic>
#include <utility>

namespace test {

/// A move-only number. Live ones are counted; moving from one leaves `kMovedFrom` behind.
class Counted {
 public:
  static constexpr int kMovedFrom = -1;

  explicit Counted(int value) noexcept : value_{value} { ++alive_; }
  Counted(Counted&& other) noexcept : value_{std::exchange(other.value_, kMovedFrom)} { ++alive_; }
  Counted& operator=(Counted&& other) noexcept {
    value_ = std::exchange(other.value_, kMovedFrom);
    return *this;
  }
  ~Counted() { --alive_; }

  [[nodiscard]] int value() const noexcept { return value_; }
  /// How many there are now.
  [[nodiscard]] static int alive() noexcept { return alive_; }

 private:
  static inline std::atomic<int> alive_{0};
  int value_;
};

}  // namespace test
