/// Store buffers, by the model itself.
#include "interleave/memory_x86.hpp"

#include "interleave/engine/scripted_choices.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>

namespace mtaio::testing::interleave {

namespace {

template <typename Value>
Access access(int thread, Value& variable, std::memory_order order = std::memory_order_relaxed) {
  return {.thread = thread,
          .address = reinterpret_cast<Address>(&variable),
          .size = sizeof variable,
          .order = order};
}

struct Machine {
  Machine() { memory.begin(); }
  test::ScriptedChoices choices;
  MemoryX86 memory{choices};
  std::uint64_t x = 0;
  std::uint64_t y = 0;
};

}  // namespace

TEST_CASE("x86 memory: a store is seen by its own thread first") {
  Machine m;
  m.memory.store(access(0, m.x), 1);
  CHECK(m.memory.load(access(0, m.x)).value == 1);
  CHECK(m.memory.load(access(1, m.x)).value == 0);
  m.memory.drain(0);
  CHECK(m.memory.load(access(1, m.x)).value == 1);
}

TEST_CASE("x86 memory: stores leave the buffer in their order") {
  Machine m;
  m.memory.store(access(0, m.x), 1);
  m.memory.store(access(0, m.y), 1);
  m.memory.drain(0);
  CHECK(m.x == 1);
  CHECK(m.y == 0);
  REQUIRE(m.memory.buffered(0) != nullptr);
  CHECK(m.memory.buffered(0)->address == reinterpret_cast<Address>(&m.y));
}

TEST_CASE("x86 memory: a seq_cst store is not buffered") {
  Machine m;
  m.memory.store(access(0, m.x, std::memory_order_seq_cst), 1);
  CHECK(m.x == 1);
  CHECK(m.memory.buffered(0) == nullptr);
}

TEST_CASE("x86 memory: a load takes the bytes that are in the buffer from there") {
  Machine m;
  m.x = 0x1111'1111'1111'1111;
  auto* const bytes = reinterpret_cast<std::uint8_t*>(&m.x);
  m.memory.store(access(0, bytes[1]), 0x22);
  CHECK(m.memory.load(access(0, m.x)).value == 0x1111'1111'1111'2211);
  CHECK(m.memory.load(access(0, bytes[0])).value == 0x11);
}

TEST_CASE("x86 memory: a membarrier empties all buffers") {
  Machine m;
  m.memory.store(access(0, m.x), 1);
  m.memory.store(access(1, m.y), 1);
  m.memory.membarrier(2, 3);
  CHECK(m.x == 1);
  CHECK(m.y == 1);
  CHECK(m.memory.buffered(0) == nullptr);
}

TEST_CASE("x86 memory: stores to memory that is used for something else are dropped") {
  Machine m;
  m.memory.store(access(0, m.x), 1);
  m.memory.store(access(0, m.y), 1);
  m.memory.forget(reinterpret_cast<Address>(&m.x), sizeof m.x);
  m.memory.drain(0);
  CHECK(m.x == 0);
  CHECK(m.y == 1);
}

}  // namespace mtaio::testing::interleave
