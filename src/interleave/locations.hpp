/// The atomic memory of a program: which locations there are, and what was stored in each.
#pragma once

#include "interleave/view.hpp"
#include "interleave/world.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mtaio::testing::interleave {

/// A store to a location.
struct Store {
  std::uint64_t value = 0;
  Stamp stamp = 0;
  /// Nothing for the initial value.
  std::optional<std::size_t> step;
  /// The next store in modification order is an update that read this one, so no store can be put
  /// between the two.
  bool updated = false;
  /// What an acquire operation that reads this store learns.
  View published;
};

/// An atomic object: its stores in modification order. Objects are kept from one execution to the
/// next for the memory that they own.
class Location {
 public:
  void begin(Address address, unsigned size);

  [[nodiscard]] Address address() const noexcept { return address_; }
  [[nodiscard]] unsigned size() const noexcept { return size_; }

  /// How many stores there are.
  [[nodiscard]] std::size_t stores() const noexcept { return count_; }
  /// The store that is followed by `later` others.
  [[nodiscard]] Store& store_before(std::size_t later) noexcept {
    return stores_[order_[count_ - 1 - later]];
  }
  [[nodiscard]] Store& latest() noexcept { return store_before(0); }

  /// Adds a store that is followed by `later` others, with nothing published. The real memory is
  /// written if it is the latest.
  Store& insert(std::size_t later, std::uint64_t value, std::optional<std::size_t> step);

 private:
  Address address_ = 0;
  unsigned size_ = 0;
  std::size_t count_ = 0;
  std::vector<Store> stores_;
  /// Indexes of `stores_`, in modification order.
  std::vector<std::size_t> order_;
};

/// All locations of an execution, numbered in the order in which the program came to them.
class Locations {
 public:
  void clear();
  /// The number of the location; if it is new, its initial store is what is in memory.
  [[nodiscard]] std::size_t find(Address address, unsigned size);
  [[nodiscard]] Location& operator[](std::size_t number) noexcept { return locations_[number]; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// Ends all locations in a part of memory.
  void forget(Address address, std::size_t size);

 private:
  std::size_t count_ = 0;
  std::vector<Location> locations_;
  std::unordered_map<Address, std::size_t> numbers_;
};

}  // namespace mtaio::testing::interleave
