/// Memory as C++20 has it.
#pragma once

#include "interleave/choices.hpp"
#include "interleave/foresight.hpp"
#include "interleave/locations.hpp"
#include "interleave/memory_model.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mtaio::testing::interleave {

/// Memory as C++20 has it.
///
/// An operational model in the manner of Kang et al., "A Promising Semantics for Relaxed-Memory
/// Concurrency" (POPL 2017), with `Foresight` in place of its promises. A location keeps all its
/// stores; a thread has a view, the oldest store of each location that it may still read. Reading
/// or making a store raises the view. A store publishes a view, which threads that acquire it join.
///
/// seq_cst is [atomics.order] paragraph 4, with the order of execution as the single total order S.
/// The standard also allows orders in which the operations cannot be executed, for example one that
/// disagrees with happens-before (known as Z6.U): the outcomes that need such an order are not
/// found.
class MemoryCpp20 final : public MemoryModel {
 public:
  enum class Loads : std::uint8_t { kAnyAllowed, kLatest };

  /// With `foresees`, loads may also read stores that are executed later; see `Foresight`.
  MemoryCpp20(Choices& choices, Loads loads, bool foresees = false)
      : choices_{choices}, loads_{loads}, foresees_{foresees} {}

  void begin() override;
  Read load(const Access& access) override;
  void store(const Access& access, std::uint64_t value) override;
  Read update(const Access& access, Combine combine, std::uint64_t operand) override;
  Read compare_exchange(const Access& access, const CompareExchange& how, bool& exchanged) override;
  void fence(int thread, std::memory_order order) override;
  void membarrier(int caller, int threads) override;
  void release(int thread, View& to) override;
  void acquire(int thread, const View& from) override;
  void catch_up(int thread) override;
  void forget(Address address, std::size_t size) override { locations_.forget(address, size); }
  [[nodiscard]] const Clock& clock(int thread) const override {
    return threads_[static_cast<std::size_t>(thread)].view.clock;
  }
  [[nodiscard]] bool foresee() override { return foresees_ && foresight_.use(); }
  [[nodiscard]] bool is_possible() const override { return foresight_.is_fulfilled(); }

 private:
  struct Thread {
    View view;
    /// What an acquire fence would learn: published by the stores that were read without acquiring.
    View unacquired;
    /// What the stores publish that do not release: the view at the last release fence.
    View released;
    /// A weak compare-exchange fails for no reason once in an execution, so that a loop ends.
    bool failed_spuriously = false;
  };
  /// A result that a compare-exchange may have.
  struct Outcome {
    std::size_t later = 0;
    bool exchanged = false;
    bool spurious = false;
  };

  [[nodiscard]] Thread& state_of(int thread) noexcept {
    return threads_[static_cast<std::size_t>(thread)];
  }
  [[nodiscard]] Stamp floor(const Access& access, std::memory_order order, std::size_t number);
  void list_readable(const Access& access, Location& location, Stamp lowest);
  void list_update_places(Location& location);
  [[nodiscard]] std::size_t choose_of_candidates(Choice what);
  void read_from(const Access& access, std::memory_order order, std::size_t number,
                 std::size_t later);
  Store& add_store(const Access& access, std::size_t number, std::size_t later,
                   std::uint64_t value);
  [[nodiscard]] Outcome choose_outcome(const Access& access, const CompareExchange& how,
                                       std::size_t number);
  void exchange(const Access& access, std::size_t number, std::size_t later, std::uint64_t value);
  [[nodiscard]] std::size_t find(const Access& access);
  // Foresight.
  [[nodiscard]] std::vector<std::uint64_t> foreseeable(const Access& access, Location& location);
  Read foresee(const Access& access, std::size_t number, std::uint64_t value);
  void fulfil(const Access& access, std::size_t number, const Store& store);
  void raise_after(const Foreseen& load, Stamp stamp);

  Choices& choices_;
  const Loads loads_;
  const bool foresees_;
  Locations locations_;
  std::array<Thread, kMostThreads> threads_;
  /// The latest stores.
  Floors latest_;
  /// The latest stores that seq_cst operations have read or made.
  Floors seq_cst_floors_;
  /// What every seq_cst fence until now has known.
  Floors fence_floors_;
  /// How many later stores each candidate has; the latest candidate first.
  std::vector<std::size_t> candidates_;
  std::vector<Outcome> outcomes_;
  Foresight foresight_;
  /// What `release()` was called with.
  std::vector<View*> released_to_;
};

}  // namespace mtaio::testing::interleave
