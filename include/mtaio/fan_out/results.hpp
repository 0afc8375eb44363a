/// Where the children of a fan-out over a range leave their results.
#pragma once

#include <mtaio/coro/result.hpp>
#include <mtaio/outcome.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace mtaio::internal {

/// What a result of type `T` is in a vector: references cannot be.
template <class T>
using Element =
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>,
                       std::remove_cv_t<T>>;

// Each kind has the same members. `add(owner)` makes a place for one more child and returns the
// receiver that the child is to be given, from which its hook finds the owner again. Children that
// run store their results while further places are added.

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

/// For plain values whose number is known: they go to where the caller will find them.
template <class T>
class PlainResults {
 public:
  void expect(std::size_t count) { values_.resize(count); }
  void* add(void* owner) noexcept { return owner; }
  void remove_last() noexcept {}
  static void* owner_of(void* receiver) noexcept { return receiver; }
  void store(void*, std::size_t index, Result<T>& from) noexcept { values_[index] = from.stored(); }
  std::vector<T> take(std::size_t count) noexcept {
    values_.resize(count);
    return std::move(values_);
  }

 private:
  std::vector<T> values_;
};

/// For all others: in slots that never move.
template <class T, bool kOutcomes>
class SlotResults {
  struct Slot {
    explicit Slot(void* of) noexcept : owner{of} {}
    void* owner;
    Result<T> result;
  };

 public:
  void expect(std::size_t) noexcept {}
  void* add(void* owner) { return &slots_.emplace_back(owner); }
  void remove_last() noexcept { slots_.pop_back(); }
  static void* owner_of(void* receiver) noexcept { return static_cast<Slot*>(receiver)->owner; }

  static void store(void* receiver, std::size_t, Result<T>& from) {
    Result<T>& to = static_cast<Slot*>(receiver)->result;
    if constexpr (std::is_void_v<T>) {
      to.emplace();
    } else if constexpr (std::is_reference_v<T>) {
      to.emplace(*from.stored());
    } else {
      to.emplace(std::move(from.stored()));
    }
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

// A bool in a vector is no place of its own that could be written to.
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
