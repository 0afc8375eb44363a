/// Stores the results of the children of a fan-out over a range.
#pragma once

#include <mtaio/base/invoke.hpp>
#include <mtaio/coro/result.hpp>
#include <mtaio/outcome.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

namespace mtaio::internal {

/// The type of an element of the result vector, for children that return a `T`. Vectors hold no
/// references.
template <class T>
using Element =
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>,
                       std::remove_cv_t<T>>;

// Each kind of storage has the same members:
//
//     expect(count)                   announces the number of children, if it is known
//     add(owner)                      adds storage for the next child; returns the receiver to be
//                                     handed to the child
//     remove_last()                   undoes add()
//     owner_of(receiver)              the owner; the hook of the child finds it this way
//     store(receiver, index, result)  moves the result of a child to its place
//     take(count)                     the results of the first `count` children, as a vector
//
// Children store their results in any thread while add() is called for further children.

/// For children without results.
class NoResults {
 public:
  void expect(std::size_t) noexcept {}
  void* add(void* owner) noexcept { return owner; }
  void remove_last() noexcept {}
  static void* owner_of(void* receiver) noexcept { return receiver; }
  void store(void*, std::size_t, Result<void>&) noexcept {}
  void take(std::size_t) noexcept {}
};

/// For plain values whose number is known: stores them in the vector that the caller gets.
template <class T>
class PlainResults {
 public:
  void expect(std::size_t count) { values_.resize(count); }
  void* add(void* owner) noexcept { return owner; }
  void remove_last() noexcept {}
  static void* owner_of(void* receiver) noexcept { return receiver; }
  void store(void*, std::size_t index, Result<T>& result) noexcept {
    values_[index] = result.stored();
  }
  std::vector<T> take(std::size_t count) noexcept {
    values_.resize(count);
    return std::move(values_);
  }

 private:
  std::vector<T> values_;
};

/// Moves the value of a child that has ended to where it is kept, which is empty. REQUIRES: `ended`
/// has a value.
template <class T>
void keep_value(Result<T>& kept, Result<T>& ended) {
  if constexpr (std::is_void_v<T>) {
    kept.emplace();
  } else if constexpr (std::is_reference_v<T>) {
    kept.emplace(*ended.stored());
  } else {
    kept.emplace(std::move(ended.stored()));
  }
}

/// For all others: stores them in slots that never move.
template <class T, bool kOutcomes>
class SlotResults {
  struct Slot {
    explicit Slot(void* its_owner) noexcept : owner{its_owner} {}
    void* owner;
    Result<T> result;
  };

 public:
  void expect(std::size_t) noexcept {}
  void* add(void* owner) { return &slots_.emplace_back(owner); }
  void remove_last() noexcept { slots_.pop_back(); }
  static void* owner_of(void* receiver) noexcept { return static_cast<Slot*>(receiver)->owner; }

  static void store(void* receiver, std::size_t, Result<T>& result) {
    keep_value(static_cast<Slot*>(receiver)->result, result);
  }
  static void fail(void* receiver, const std::exception_ptr& error) noexcept {
    static_cast<Slot*>(receiver)->result.set_error(error);
  }

  auto take(std::size_t) {
    std::conditional_t<kOutcomes, std::vector<Outcome<T>>, std::vector<Element<T>>> results;
    results.reserve(slots_.size());
    for (Slot& slot : slots_) append(results, slot.result);
    return results;
  }

 private:
  static void append(std::vector<Outcome<T>>& outcomes, Result<T>& result) {
    if (result.has_error()) {
      outcomes.emplace_back(result.error());
    } else if constexpr (std::is_void_v<T>) {
      outcomes.emplace_back(std::in_place);
    } else {
      outcomes.emplace_back(std::in_place, std::move(result.stored()));
    }
  }
  template <class U>
    requires(!std::is_same_v<U, Outcome<T>>)
  static void append(std::vector<U>& values, Result<T>& result) {
    if constexpr (std::is_reference_v<T>) {
      values.emplace_back(*result.stored());
    } else {
      values.push_back(std::move(result.stored()));
    }
  }

  std::deque<Slot> slots_;
};

// std::vector<bool> packs its elements: two threads cannot write two of them.
template <class T>
inline constexpr bool kIsPlain =
    std::is_object_v<T> && std::is_trivially_copyable_v<T> &&
    std::is_trivially_default_constructible_v<T> && !std::is_same_v<T, bool> && !std::is_const_v<T>;

template <class T, bool kOutcomes, bool kCountKnown>
using ResultsInOrder =
    std::conditional_t<std::is_void_v<T> && !kOutcomes, NoResults,
                       std::conditional_t<kIsPlain<T> && kCountKnown && !kOutcomes, PlainResults<T>,
                                          SlotResults<T, kOutcomes>>>;

}  // namespace mtaio::internal
