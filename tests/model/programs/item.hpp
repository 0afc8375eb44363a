/// What goes through the queues of the random programs.
#pragma once

#include <cstdint>
#include <exception>
#include <utility>

namespace model {

/// Is told of the moves of items.
class MoveListener {
 public:
  MoveListener(const MoveListener&) = delete;
  MoveListener& operator=(const MoveListener&) = delete;

  /// An item is being moved. May throw: then it has not been.
  virtual void moving(int number) = 0;

 protected:
  MoveListener() = default;
  ~MoveListener() = default;
};

/// How much of an item is seen.
enum class Moves : std::uint8_t {
  kUnseen,  // a plain number
  kSeen,    // it tells its listener when it is moved
  kThrow,   // and the listener may throw
};

/// A number that can be moved only, and is counted.
template <Moves kMoves>
class Item {
 public:
  static constexpr Moves kKind = kMoves;

  Item(int number, MoveListener& listener) noexcept : number_{number}, listener_{&listener} {
    ++alive_;
  }
  Item(Item&& other) noexcept(kMoves != Moves::kThrow)
      : number_{other.number_}, listener_{other.listener_} {
    if constexpr (kMoves != Moves::kUnseen) listener_->moving(number_);
    other.number_ = 0;
    ++alive_;
  }
  Item& operator=(Item&&) = delete;
  ~Item() { --alive_; }

  [[nodiscard]] int number() const noexcept { return number_; }
  /// How many there are now.
  [[nodiscard]] static std::int64_t alive() noexcept { return alive_; }

 private:
  static inline std::int64_t alive_ = 0;
  int number_;
  MoveListener* listener_;
};

struct MoveFailed : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "the move failed"; }
};

}  // namespace model
