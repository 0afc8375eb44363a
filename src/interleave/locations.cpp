#include "interleave/locations.hpp"

#include "interleave/memory_model.hpp"

#include <cassert>
#include <iterator>

namespace mtaio::testing::interleave {

namespace {

/// Between two stores at the end of the modification order. Each store that is put between two
/// others halves the distance.
constexpr Stamp kGap = Stamp{1} << 40;

}  // namespace

void Location::begin(Address address, unsigned size) {
  address_ = address;
  size_ = size;
  count_ = 0;
  order_.clear();
  insert(0, read_memory(address, size), std::nullopt);
}

Store& Location::insert(std::size_t later, std::uint64_t value, std::optional<std::size_t> step) {
  Stamp stamp = 0;
  if (count_ > 0) {
    const Stamp before = store_before(later).stamp;
    stamp = later == 0 ? before + kGap : before + (store_before(later - 1).stamp - before) / 2;
    assert(stamp != before);
  }
  if (stores_.size() == count_) stores_.emplace_back();
  Store& store = stores_[count_];
  order_.insert(std::prev(order_.end(), static_cast<std::ptrdiff_t>(later)), count_);
  ++count_;
  store.value = value;
  store.stamp = stamp;
  store.step = step;
  store.updated = false;
  store.published.clear();
  if (later == 0 && step) write_memory(address_, size_, value);
  return store;
}

void Locations::clear() {
  count_ = 0;
  numbers_.clear();
}

std::size_t Locations::find(Address address, unsigned size) {
  const auto [known, is_new] = numbers_.try_emplace(address, count_);
  if (!is_new && locations_[known->second].size() == size) return known->second;
  // An access of another size begins anew; the shadow has told whether it was in order.
  known->second = count_;
  if (locations_.size() == count_) locations_.emplace_back();
  locations_[count_].begin(address, size);
  return count_++;
}

void Locations::forget(Address address, std::size_t size) {
  constexpr Address kLargest = sizeof(std::uint64_t);
  if (size < numbers_.size()) {
    const Address first = address < kLargest ? 0 : address - kLargest + 1;
    for (Address at = first; at < address + size; ++at) {
      const auto known = numbers_.find(at);
      if (known == numbers_.end()) continue;
      if (at + locations_[known->second].size() > address) numbers_.erase(known);
    }
    return;
  }
  std::erase_if(numbers_, [&](const auto& known) {
    return known.first < address + size && known.first + locations_[known.second].size() > address;
  });
}

}  // namespace mtaio::testing::interleave
