/// What the scenarios of the sweeps run in, and what their code is made of.
#pragma once

#include <mtaio/core.hpp>

#include "proof/sweeps/faults.hpp"

#include <atomic>
#include <exception>
#include <utility>

namespace sweeps {

/// A scenario got a result that is not the right one, although nothing said that it failed.
class Wrong : public std::exception {
 public:
  explicit Wrong(const char* what) noexcept : what_{what} {}
  [[nodiscard]] const char* what() const noexcept override { return what_; }

 private:
  const char* what_;
};

inline void expect(bool right, const char* what) {
  if (!right) throw Wrong{what};
}

/// A number of the user's: copying and moving may throw. Live ones are counted.
class Item {
 public:
  explicit Item(int value) noexcept : value_{value} { ++alive_; }
  Item(const Item& other) : value_{other.value_} {
    user_code();
    ++alive_;
  }
  // NOLINTNEXTLINE(*-noexcept-move*): this is what it is for
  Item(Item&& other) : value_{other.value_} {
    user_code();
    ++alive_;
  }
  // NOLINTNEXTLINE(cert-oop54-cpp,bugprone-unhandled-self-assignment): copies a number
  Item& operator=(const Item& other) {
    user_code();
    value_ = other.value_;
    return *this;
  }
  ~Item() { --alive_; }

  [[nodiscard]] int value() const noexcept { return value_; }
  [[nodiscard]] static int alive() noexcept { return alive_; }

 private:
  static inline std::atomic<int> alive_{0};
  int value_;
};

/// The same, but moving it is safe, and it cannot be copied.
class SafeItem {
 public:
  explicit SafeItem(int value) noexcept : value_{value} { ++alive_; }
  SafeItem(SafeItem&& other) noexcept : value_{other.value_} { ++alive_; }
  SafeItem& operator=(SafeItem&&) noexcept = default;
  ~SafeItem() { --alive_; }

  [[nodiscard]] int value() const noexcept { return value_; }
  [[nodiscard]] static int alive() noexcept { return alive_; }

 private:
  static inline std::atomic<int> alive_{0};
  int value_;
};

/// A queue that is tried again when the scenario has ended. Whoever puts and gets keeps the books.
template <class Q>
struct Shelf {
  Q queue{2};
  std::atomic<int> inside{0};  // put, and not got
};

/// What all code of a scenario shares, and what is tried again when it has ended.
struct World {
  explicit World(mtaio::Runtime& on) : runtime{on} {}

  mtaio::Runtime& runtime;
  mtaio::ThreadPool pool{2};
  mtaio::TaskExecutor executor;
  mtaio::TaskExecutor with_pool{pool};
  Shelf<mtaio::AsyncQueue<Item>> fifo;
  Shelf<mtaio::PriorityQueue<Item>> urgent;
  Shelf<mtaio::LIFOQueue<Item>> stack;
  std::atomic<int> places{0};     // that are alive
  std::atomic<int> disorders{0};  // places that went before one inside them
};

/// A local variable. Destroyed after all that were made inside it, in this coroutine and in those
/// that it waits for; otherwise that is noted as a disorder.
class Place {
 public:
  explicit Place(World& world, Place* around = nullptr) : world_{world}, around_{around} {
    user_code();
    if (around_) ++around_->inside_;
    ++world_.places;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (inside_ != 0) ++world_.disorders;
    if (around_) --around_->inside_;
    --world_.places;
  }

 private:
  World& world_;
  Place* around_;
  std::atomic<int> inside_{0};
};

/// A function of the user's that gives the double of a number; copying, moving and calling it may
/// throw. Not a coroutine.
struct Twice {
  Twice() = default;
  Twice(const Twice&) { user_code(); }
  Twice(Twice&&) { user_code(); }  // NOLINT(*-noexcept-move*): this is what it is for
  Twice& operator=(const Twice&) = delete;
  ~Twice() = default;

  Item operator()(const Item& item) const {
    user_code();
    return Item{2 * item.value()};
  }
};

/// The numbers 1 to `count`, read as from a file: once, and each step may throw.
class Numbers {
 public:
  class Iterator {
   public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(Numbers& numbers) noexcept : numbers_{&numbers} {}
    Iterator& operator++() {
      user_code();
      ++numbers_->next_;
      return *this;
    }
    void operator++(int) { ++*this; }
    Item operator*() const {
      user_code();
      return Item{numbers_->next_};
    }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) {
      user_code();
      return it.numbers_->ended();
    }

   private:
    Numbers* numbers_;
  };

  explicit Numbers(int count) noexcept : count_{count} {}
  Iterator begin() {
    user_code();
    return Iterator{*this};
  }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
  [[nodiscard]] bool ended() const noexcept { return next_ > count_; }

 private:
  int count_;
  int next_ = 1;
};

/// Awaited, gives an item, after the worker has done something else. Every step may throw.
class Pause {
 public:
  explicit Pause(int value) noexcept : value_{value} {}
  Pause(const Pause& other) : value_{other.value_} { user_code(); }
  Pause& operator=(const Pause&) = delete;
  ~Pause() = default;

  class Awaiter;
  Awaiter operator co_await() const;

 private:
  int value_;
};

class Pause::Awaiter {
 public:
  explicit Awaiter(int value) : value_{value} {}
  [[nodiscard]] bool await_ready() const {
    user_code();
    return false;
  }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise>) const {
    user_code();
    return false;
  }
  [[nodiscard]] Item await_resume() const {
    user_code();
    return Item{value_};
  }

 private:
  int value_;
};

inline Pause::Awaiter Pause::operator co_await() const {
  user_code();
  return Awaiter{value_};
}

}  // namespace sweeps
