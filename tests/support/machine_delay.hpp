/// How late a busy machine lets threads run.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace test {

/// While it lives, a plain thread sleeps and computes in turns, a millisecond each, and notes how
/// much longer that took. What a test measures meanwhile is judged by this: on a machine that has
/// other things to do everything is late, not only the library.
class MachineDelay {
  using Clock = std::chrono::steady_clock;

 public:
  MachineDelay() : thread_{[this] { observe(); }} {}
  MachineDelay(const MachineDelay&) = delete;
  MachineDelay& operator=(const MachineDelay&) = delete;
  ~MachineDelay() {
    end_ = true;
    thread_.join();
  }

  /// The longest delay so far.
  [[nodiscard]] std::chrono::nanoseconds longest() const {
    return std::chrono::nanoseconds{longest_.load()};
  }

 private:
  void observe() {
    constexpr std::chrono::milliseconds kTurn{1};
    while (!end_) {
      const auto begin = Clock::now();
      std::this_thread::sleep_for(kTurn);
      while (Clock::now() < begin + 2 * kTurn) {
      }
      longest_ = std::max(longest_.load(), (Clock::now() - begin - 2 * kTurn).count());
    }
  }

  std::atomic<Clock::rep> longest_{0};
  std::atomic<bool> end_{false};
  std::thread thread_;
};

}  // namespace test
