/// Plain memory and the heap.
#include "interleave/engine.hpp"
#include "interleave/world.hpp"

#include <array>
#include <string>

namespace mtaio::testing::interleave {

namespace {

const char* text(AccessKind kind) {
  constexpr std::array kTexts{"atomic read", "atomic write", "read", "write"};
  return kTexts[static_cast<std::size_t>(kind)];
}

std::string thread_text(int thread) { return " by thread " + std::to_string(thread); }

}  // namespace

void Engine::check_block(Address address, std::size_t size, const char* what, Site site) {
  if (!heap.contains(address)) {
    refuse_null(address, site);
    if (execution.is_gone(address))
      execution.fail(FailureKind::kUseAfterFree,
                     what + thread_text(execution.current()) +
                         " of a variable on the stack of another thread, which has left its block",
                     site);
    return;
  }
  const Block* const block = heap.block_at(address);
  if (block != nullptr && address + size <= block->end() && !block->freed()) return;
  const std::string access = what + thread_text(execution.current());
  if (block == nullptr) execution.fail(FailureKind::kOutOfBounds, access + " in no block", site);
  if (block->freed())
    execution.fail(FailureKind::kUseAfterFree,
                   access + " of a block freed" + thread_text(block->freed_by), site,
                   block->freed_at);
  execution.fail(FailureKind::kOutOfBounds,
                 access + " at byte " + std::to_string(address - block->begin) + " of " +
                     std::to_string(block->size) + ", allocated",
                 site, block->allocated_at);
}

void Engine::check_access(Address address, std::size_t size, AccessKind kind, Site site,
                          const Clock& time) {
  check_block(address, size, text(kind), site);
  if (!finds_races) return;
  const int thread = execution.current();
  const auto race = shadow.access(thread, time, address, size, kind, site);
  if (race)
    execution.fail(FailureKind::kDataRace,
                   text(kind) + thread_text(thread) + " and " + text(race->kind) +
                       thread_text(race->thread) + " are unordered; the latter",
                   site, race->site);
}

void plain_read(Address address, std::size_t size, Site site) noexcept {
  const InEngine in_engine;
  running->execution.count_plain_access(site);
  running->check_access(address, size, AccessKind::kPlainRead, site);
}

void plain_write(Address address, std::size_t size, Site site) noexcept {
  const InEngine in_engine;
  Engine& engine = *running;
  engine.execution.count_plain_access(site);
  // Atomic objects end where something else begins.
  if (!engine.finds_races || engine.shadow.has_atomics(address, size))
    engine.memory.forget(address, size);
  engine.check_access(address, size, AccessKind::kPlainWrite, site);
}

void* allocate(std::size_t size, std::size_t alignment, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  void* const block = running->heap.allocate(execution.current(), size, alignment, site);
  if (block == nullptr)
    execution.fail(FailureKind::kMisuse,
                   "the heap has no room for " + std::to_string(size) + " bytes", site);
  return block;
}

void deallocate(void* memory, Site site) noexcept {
  if (memory == nullptr) return;
  const InEngine in_engine;
  Engine& engine = *running;
  const auto address = reinterpret_cast<Address>(memory);
  const int thread = engine.execution.current();
  Block* const block = engine.heap.contains(address) ? engine.heap.block_at(address) : nullptr;
  if (block == nullptr || block->begin != address)
    engine.execution.fail(FailureKind::kBadFree,
                          "free" + thread_text(thread) + " of what is not a block", site);
  if (block->freed())
    engine.execution.fail(
        FailureKind::kBadFree,
        "second free" + thread_text(thread) + " of a block freed" + thread_text(block->freed_by),
        site, block->freed_at);
  // Each access to the block has to happen before.
  if (block->size > 0) engine.check_access(address, block->size, AccessKind::kPlainWrite, site);
  engine.memory.forget(address, block->size);
  block->freed_at = site;
  block->freed_by = thread;
}

bool in_heap(const void* address) noexcept {
  return running != nullptr && running->heap.contains(reinterpret_cast<Address>(address));
}

}  // namespace mtaio::testing::interleave
