#include "interleave/memory_model.hpp"

#include <cstring>

namespace mtaio::testing::interleave {

// The machine is little-endian, as everything that the checker runs on.

std::uint64_t read_memory(Address address, unsigned size) noexcept {
  std::uint64_t value = 0;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the address of the program's object
  std::memcpy(&value, reinterpret_cast<const void*>(address), size);
  return value;
}

void write_memory(Address address, unsigned size, std::uint64_t value) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the address of the program's object
  std::memcpy(reinterpret_cast<void*>(address), &value, size);
}

std::uint64_t truncated(std::uint64_t value, unsigned size) noexcept {
  return size >= sizeof(value) ? value : value & ((std::uint64_t{1} << (8 * size)) - 1);
}

}  // namespace mtaio::testing::interleave
