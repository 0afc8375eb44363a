/// The memory of the program.
#include "interleave/heap.hpp"

#include <doctest/doctest.h>

#include <cstddef>

namespace mtaio::testing::interleave {

namespace {

Address allocate(Heap& heap, int thread, std::size_t size, std::size_t alignment = 1) {
  return reinterpret_cast<Address>(heap.allocate(thread, size, alignment, nullptr));
}

}  // namespace

TEST_CASE("heap: blocks are where they were in the execution before, for each thread") {
  Heap heap;
  heap.begin();
  const Address first = allocate(heap, 0, 10);
  const Address second = allocate(heap, 1, 20);
  heap.begin();
  CHECK(allocate(heap, 1, 20) == second);
  CHECK(allocate(heap, 0, 10) == first);
}

TEST_CASE("heap: blocks are aligned and do not touch") {
  Heap heap;
  heap.begin();
  const Address first = allocate(heap, 0, 3);
  const Address second = allocate(heap, 0, 100, 4096);
  CHECK(first % alignof(std::max_align_t) == 0);
  CHECK(second % 4096 == 0);
  CHECK(allocate(heap, 0, 1) > second + 100);
}

TEST_CASE("heap: finds the block of an address") {
  Heap heap;
  heap.begin();
  const Address first = allocate(heap, 0, 10);
  const Address second = allocate(heap, 0, 10);
  REQUIRE(heap.block_at(first + 9) != nullptr);
  CHECK(heap.block_at(first + 9)->begin == first);
  CHECK(heap.block_at(second)->begin == second);
  CHECK(heap.block_at(second - 1)->begin == first);
  CHECK(heap.block_at(first - 1) == nullptr);
  CHECK(heap.contains(first));
  CHECK_FALSE(heap.contains(reinterpret_cast<Address>(&heap)));
}

TEST_CASE("heap: fresh memory is filled") {
  Heap heap;
  heap.begin();
  const auto* const bytes = static_cast<const unsigned char*>(heap.allocate(0, 2, 1, nullptr));
  CHECK(bytes[0] == 0xBE);
  CHECK(bytes[1] == 0xBE);
}

TEST_CASE("heap: knows a block that was not freed") {
  Heap heap;
  heap.begin();
  const Address first = allocate(heap, 0, 1);
  const Address second = allocate(heap, 3, 1);
  heap.block_at(first)->freed_by = 0;
  REQUIRE(heap.leaked() != nullptr);
  CHECK(heap.leaked()->begin == second);
  heap.block_at(second)->freed_by = 0;
  CHECK(heap.leaked() == nullptr);
}

TEST_CASE("heap: is full at some point") {
  Heap heap;
  heap.begin();
  CHECK(heap.allocate(0, std::size_t{1} << 40, 1, nullptr) == nullptr);
  CHECK(heap.allocate(0, static_cast<std::size_t>(-1), 1, nullptr) == nullptr);
}

}  // namespace mtaio::testing::interleave
