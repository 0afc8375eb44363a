#include "interleave/memory_x86.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

namespace {

bool overlap(const BufferedStore& store, Address address, std::size_t size) noexcept {
  return store.address < address + size && address < store.address + store.size;
}

/// `value`, which is at `address`, with the bytes that `store` writes.
std::uint64_t overlaid(std::uint64_t value, Address address, unsigned size,
                       const BufferedStore& store) noexcept {
  for (unsigned i = 0; i < size; ++i) {
    const Address offset = address + i - store.address;
    if (offset >= store.size) continue;
    const std::uint64_t byte = (store.value >> (8 * offset)) & 0xFF;
    value = (value & ~(std::uint64_t{0xFF} << (8 * i))) | (byte << (8 * i));
  }
  return value;
}

}  // namespace

void MemoryX86::begin() {
  for (Thread& each : threads_) {
    each.buffer.clear();
    each.failed_spuriously = false;
  }
}

Read MemoryX86::load(const Access& access) {
  std::uint64_t value = read_memory(access.address, access.size);
  for (const BufferedStore& store : state_of(access.thread).buffer)
    value = overlaid(value, access.address, access.size, store);
  return {.value = value};
}

void MemoryX86::store(const Access& access, std::uint64_t value) {
  const BufferedStore store{.address = access.address,
                            .size = access.size,
                            .value = truncated(value, access.size),
                            .step = access.step};
  if (buffers(access.order))
    state_of(access.thread).buffer.push_back(store);
  else
    write_memory(store.address, store.size, store.value);
}

Read MemoryX86::update(const Access& access, Combine combine, std::uint64_t operand) {
  const std::uint64_t old = read_memory(access.address, access.size);
  write_memory(access.address, access.size, combine(old, operand));
  return {.value = old};
}

Read MemoryX86::compare_exchange(const Access& access, const CompareExchange& how,
                                 bool& exchanged) {
  const std::uint64_t old = read_memory(access.address, access.size);
  exchanged = old == how.expected;
  Thread& caller = state_of(access.thread);
  if (exchanged && how.weak && !caller.failed_spuriously &&
      choices_.choose(2, Choice::kSpuriousFailure) == 1) {
    caller.failed_spuriously = true;
    exchanged = false;
  }
  if (exchanged) write_memory(access.address, access.size, how.desired);
  return {.value = old};
}

/// Stores that are still buffered would overwrite what comes next.
void MemoryX86::forget(Address address, std::size_t size) {
  for (Thread& each : threads_)
    std::erase_if(each.buffer,
                  [&](const BufferedStore& store) { return overlap(store, address, size); });
}

void MemoryX86::membarrier(int /*caller*/, int threads) {
  for (int thread = 0; thread < threads; ++thread)
    while (buffered(thread) != nullptr) drain(thread);
}

const BufferedStore* MemoryX86::buffered(int thread) const {
  const Thread& owner = threads_[static_cast<std::size_t>(thread)];
  return owner.buffer.empty() ? nullptr : &owner.buffer.front();
}

void MemoryX86::drain(int thread) {
  std::vector<BufferedStore>& buffer = state_of(thread).buffer;
  const BufferedStore& oldest = buffer.front();
  write_memory(oldest.address, oldest.size, oldest.value);
  buffer.erase(buffer.begin());
}

}  // namespace mtaio::testing::interleave
