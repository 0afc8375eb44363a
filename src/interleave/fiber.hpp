/// Stacks, and switching between them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mtaio::testing::interleave {

/// A stack with what runs on it. It is made once, and used by one execution after the other: what
/// ran on it in an execution that was cut short is forgotten, and nothing is unwound.
class Fiber {
 public:
  /// As large as what a model needs; with no access below it.
  static constexpr std::size_t kStackSize = std::size_t{256} * 1024;

  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  /// The next switch to the fiber calls `entry(argument)`, which must not return.
  void start(void (*entry)(void*), void* argument) noexcept;
  [[nodiscard]] bool contains(std::uintptr_t address) const noexcept;

 private:
  friend class Context;
  std::byte* memory_;
  void* stack_pointer_ = nullptr;
};

/// The OS thread's own stack, which runs the check.
class Context {
 public:
  /// Goes on with the fiber, until something switches back.
  void switch_to(Fiber& fiber) noexcept;
  /// From one fiber to another.
  static void switch_between(Fiber& from, Fiber& to) noexcept;
  /// From a fiber back to here.
  void switch_back(Fiber& from) noexcept;

 private:
  void* stack_pointer_ = nullptr;
};

}  // namespace mtaio::testing::interleave
