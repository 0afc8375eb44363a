#include "interleave/heap.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace mtaio::testing::interleave {

namespace {

/// What fresh memory contains.
constexpr int kFresh = 0xBE;

}  // namespace

Heap::Heap() {
  void* const memory = ::mmap(nullptr, kPartSize * kMostThreads, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mtaio interleave: cannot map the heap");
    std::abort();
  }
  base_ = reinterpret_cast<Address>(memory);
}

Heap::~Heap() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what mmap() returned
  ::munmap(reinterpret_cast<void*>(base_), kPartSize * kMostThreads);
}

void Heap::begin() noexcept {
  Address next = base_;
  for (Part& part : parts_) {
    part.next = next + kRedZone;
    part.blocks.clear();
    part.recent = 0;
    next += kPartSize;
  }
}

void* Heap::allocate(int thread, std::size_t size, std::size_t alignment, Site site) {
  Part& part = parts_[static_cast<std::size_t>(thread)];
  alignment = std::max(alignment, kRedZone);
  const Address begin = (part.next + alignment - 1) & ~(alignment - 1);
  const Address part_end = base_ + kPartSize * (static_cast<std::size_t>(thread) + 1);
  if (size >= kPartSize || begin + size + kRedZone > part_end) return nullptr;
  part.next = begin + size + kRedZone;
  part.blocks.push_back(
      {.begin = begin, .size = size, .allocated_at = site, .allocated_by = thread});
  // NOLINTNEXTLINE(performance-no-int-to-ptr): memory of mmap()
  return std::memset(reinterpret_cast<void*>(begin), kFresh, size);
}

Block* Heap::block_at(Address address) noexcept {
  Part& part = parts_[(address - base_) / kPartSize];
  std::vector<Block>& blocks = part.blocks;
  if (blocks.empty()) return nullptr;
  // Accesses come in runs to the same block.
  const std::size_t recent = part.recent;
  if (blocks[recent].begin <= address &&
      (recent + 1 == blocks.size() || address < blocks[recent + 1].begin))
    return &blocks[recent];
  const auto after = std::ranges::upper_bound(blocks, address, {}, &Block::begin);
  if (after == blocks.begin()) return nullptr;
  part.recent = static_cast<std::size_t>(std::distance(blocks.begin(), after)) - 1;
  return &blocks[part.recent];
}

const Block* Heap::leaked() const noexcept {
  for (const Part& part : parts_)
    for (const Block& block : part.blocks)
      if (!block.freed()) return &block;
  return nullptr;
}

}  // namespace mtaio::testing::interleave
