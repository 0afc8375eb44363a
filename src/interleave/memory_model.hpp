/// The interface of the memory models.
#pragma once

#include "interleave/view.hpp"
#include "interleave/world.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mtaio::testing::interleave {

/// An access to atomic memory.
struct Access {
  int thread = 0;
  Address address = 0;
  unsigned size = 0;
  std::memory_order order = std::memory_order_relaxed;
  /// The number of the step of the execution that this access is.
  std::size_t step = 0;
};

/// What an access read.
struct Read {
  std::uint64_t value = 0;
  /// How many later stores there are.
  std::size_t missed = 0;
  /// The step that stored the value; nothing for what was there before the first atomic access.
  std::optional<std::size_t> stored_in{};
};

struct CompareExchange {
  std::uint64_t expected = 0;
  std::uint64_t desired = 0;
  /// The order if it fails.
  std::memory_order failure = std::memory_order_relaxed;
  bool weak = false;
};

/// A store that no other thread can read yet.
struct BufferedStore {
  Address address = 0;
  unsigned size = 0;
  std::uint64_t value = 0;
  /// The step that stored it.
  std::size_t step = 0;
};

/// Atomic memory as several threads see it, and what happens before what. The real memory always
/// has the latest stores.
class MemoryModel {
 public:
  MemoryModel(const MemoryModel&) = delete;
  MemoryModel& operator=(const MemoryModel&) = delete;
  virtual ~MemoryModel() = default;

  /// Forgets everything.
  virtual void begin() = 0;

  virtual Read load(const Access& access) = 0;
  virtual void store(const Access& access, std::uint64_t value) = 0;
  virtual Read update(const Access& access, Combine combine, std::uint64_t operand) = 0;
  /// It has succeeded if `exchanged` is set.
  virtual Read compare_exchange(const Access& access, const CompareExchange& how,
                                bool& exchanged) = 0;
  virtual void fence(int thread, std::memory_order order) = 0;
  /// A full fence in each of the first `threads` threads.
  virtual void membarrier(int caller, int threads) = 0;

  /// What `thread` knows is added to `to`; for mutexes, and for starting and joining threads. `to`
  /// stays where it is until the execution has ended.
  virtual void release(int thread, View& to) = 0;
  virtual void acquire(int thread, const View& from) = 0;
  /// From now on, `thread` reads no stores older than the latest. Nothing happens before anything
  /// by that: it says that stores become visible in finite time.
  virtual void catch_up(int thread) = 0;
  /// The memory is used for something else.
  virtual void forget(Address address, std::size_t size) = 0;

  /// Executions from now on may be of the kind that needs the experience of those before. Returns
  /// false if there is no such kind.
  [[nodiscard]] virtual bool foresee() { return false; }
  /// Whether the execution, which has ended, was possible.
  [[nodiscard]] virtual bool is_possible() const { return true; }

  /// What has happened before the next operation of `thread`.
  [[nodiscard]] virtual const Clock& clock(int thread) const = 0;

  // Store buffers, of the models that have them.

  /// Whether a store of this order goes through the store buffer.
  [[nodiscard]] virtual bool buffers(std::memory_order order) const {
    static_cast<void>(order);
    return false;
  }
  /// The oldest store in the buffer of `thread`; null if the buffer is empty.
  [[nodiscard]] virtual const BufferedStore* buffered(int thread) const {
    static_cast<void>(thread);
    return nullptr;
  }
  /// Writes the oldest store to memory.
  virtual void drain(int thread) { static_cast<void>(thread); }

 protected:
  MemoryModel() = default;
};

[[nodiscard]] std::uint64_t read_memory(Address address, unsigned size) noexcept;
void write_memory(Address address, unsigned size, std::uint64_t value) noexcept;
/// The value as memory of that size has it.
[[nodiscard]] std::uint64_t truncated(std::uint64_t value, unsigned size) noexcept;

[[nodiscard]] constexpr bool acquires(std::memory_order order) noexcept {
  return order == std::memory_order_acquire || order == std::memory_order_consume ||
         order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
[[nodiscard]] constexpr bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
[[nodiscard]] constexpr bool is_seq_cst(std::memory_order order) noexcept {
  return order == std::memory_order_seq_cst;
}

}  // namespace mtaio::testing::interleave
