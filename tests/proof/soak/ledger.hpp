/// Which items were put, which were got, and by which task.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>

namespace soak {

/// Something is not as the library promises.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Items numbered in sequence. Any thread.
class Ledger {
 public:
  explicit Ledger(std::size_t most) : items_(most) {}

  /// A new number; none when there are no more.
  [[nodiscard]] bool next(std::size_t& number) noexcept {
    number = made_.fetch_add(1);
    return number < items_.size();
  }
  /// Its put has returned.
  void put(std::size_t number) noexcept { items_[number].put = true; }
  /// It came out.
  void got(std::size_t number) noexcept { ++items_[number].got; }

  /// How many were put; throws `Broken` if one came out twice, or without having been put, or, if
  /// `all` had to come out, never.
  [[nodiscard]] std::size_t balance(bool all) const {
    std::size_t put = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      const auto complain = [i](const char* what) {
        throw Broken{"item " + std::to_string(i) + " " + what};
      };
      if (item.got > 1) complain("came out twice");
      if (item.got > 0 && !item.put) complain("came out, though its put failed");
      if (all && item.put && item.got == 0) complain("was lost");
      put += item.put ? 1 : 0;
    }
    return put;
  }

 private:
  struct Item {
    std::atomic<bool> put{false};
    std::atomic<int> got{0};
  };
  std::deque<Item> items_;
  std::atomic<std::size_t> made_{0};
};

/// What the program has done so far, to be told at the end. Any thread.
class Totals {
 public:
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> items{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> cancellations{0};
  std::atomic<std::uint64_t> shutdowns{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> runtimes{0};
  std::atomic<std::uint64_t> turns{0};  // whose wait was measured

  /// Something is broken where an exception might not be seen: in a task that is never awaited.
  void complain(const std::string& what) {
    const std::scoped_lock guard{lock_};
    if (complaint_.empty()) complaint_ = what;
  }
  /// Throws `Broken` if there is a complaint.
  void check() {
    const std::scoped_lock guard{lock_};
    if (!complaint_.empty()) throw Broken{complaint_};
  }

 private:
  std::mutex lock_;  // guards the next one
  std::string complaint_;
};

}  // namespace soak
