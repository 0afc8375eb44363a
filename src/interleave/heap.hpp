/// The memory that the program allocates.
#pragma once

#include "interleave/clock.hpp"
#include "interleave/world.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace mtaio::testing::interleave {

/// A block of the heap.
struct Block {
  Address begin = 0;
  std::size_t size = 0;
  Site allocated_at = nullptr;
  int allocated_by = 0;
  Site freed_at = nullptr;
  int freed_by = kNoThread;

  [[nodiscard]] bool freed() const noexcept { return freed_by != kNoThread; }
  [[nodiscard]] Address end() const noexcept { return begin + size; }
};

/// The memory that the program allocates. Each thread has a part of it, and takes one block after
/// the other, with a red zone between them. So addresses do not depend on how the threads are
/// interleaved, and memory is used once in an execution.
class Heap {
 public:
  Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  ~Heap();

  /// Empties it.
  void begin() noexcept;
  /// Null if the thread's part is full.
  [[nodiscard]] void* allocate(int thread, std::size_t size, std::size_t alignment, Site site);
  [[nodiscard]] bool contains(Address address) const noexcept {
    return address - base_ < kPartSize * kMostThreads;
  }
  /// The last block that begins at or below an address in the heap; null if there is none.
  [[nodiscard]] Block* block_at(Address address) noexcept;
  /// A block that was not freed; null if all were.
  [[nodiscard]] const Block* leaked() const noexcept;

 private:
  static constexpr std::size_t kPartSize = std::size_t{1} << 28;
  static constexpr std::size_t kRedZone = 16;

  struct Part {
    Address next = 0;
    /// Blocks lie in it in the order of their addresses.
    std::vector<Block> blocks;
    /// The index of the block that was looked up last.
    std::size_t recent = 0;
  };

  Address base_ = 0;
  std::array<Part, kMostThreads> parts_;
};

}  // namespace mtaio::testing::interleave
