/// Loads that read stores which are executed later.
#pragma once

#include "interleave/view.hpp"
#include "interleave/world.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace mtaio::testing::interleave {

/// A load that has read a store which is still to come.
struct Foreseen {
  int reader = kNoThread;
  std::size_t location = 0;
  std::uint64_t value = 0;
  /// The reader's clock at the load: a thread that knows of it comes after the load.
  std::uint32_t tick = 0;
  /// The store has to come after this one.
  Stamp floor = 0;
  /// The reader must learn nothing from the store, because what it did since would come too late.
  bool acquired = false;
};

/// Loads that read stores which are executed later: the outcomes known as load buffering.
///
/// First the program is explored without; what each thread stores anywhere is noted. Then it is
/// explored again, and a load may also return a value that another thread was seen to store there.
/// An execution counts if the other thread then makes the store, and it does not come after the
/// load. So no value comes out of thin air: each was stored in an execution without foresight.
class Foresight {
 public:
  /// Forgets the loads, not the values.
  void begin();
  /// From now on values may be foreseen. Returns false if there are none.
  bool use() noexcept;

  void note_store(int thread, Address address, std::uint64_t value);
  /// The values that `thread` may foresee at `address`, in the order of the values.
  [[nodiscard]] std::vector<std::uint64_t> values(int thread, Address address) const;

  void expect(const Foreseen& load) { expected_.push_back(load); }
  [[nodiscard]] std::vector<Foreseen>& expected() noexcept { return expected_; }
  /// A thread that knows `clock` accesses the location: not if it comes after a load whose store is
  /// still to come.
  void access(std::size_t location, const Clock& clock) noexcept;
  void give_up() noexcept { impossible_ = true; }
  /// Whether all stores have come, and nothing was against it.
  [[nodiscard]] bool is_fulfilled() const noexcept { return expected_.empty() && !impossible_; }

 private:
  bool used_ = false;
  bool impossible_ = false;
  /// For each address, which thread has stored which value.
  std::map<Address, std::set<std::pair<std::uint64_t, int>>> stored_;
  std::vector<Foreseen> expected_;
};

}  // namespace mtaio::testing::interleave
