/// Atomic memory and fences.
#include "interleave/engine.hpp"
#include "interleave/weaken.hpp"
#include "interleave/world.hpp"

namespace mtaio::testing::interleave {

namespace {

/// The access that the current thread makes in this step, after the checks of any access.
Access begin_access(const Operation& operation, AccessKind kind) {
  Engine& engine = *running;
  engine.check_access(operation.address, operation.size, kind, operation.site);
  return {.thread = engine.execution.current(),
          .address = operation.address,
          .size = operation.size,
          .order = operation.order,
          .step = engine.execution.step_number()};
}

/// The order of an operation that cannot be left out.
std::memory_order order_of(Ordered what, std::memory_order order, Site site) {
  return weakening().order_of(what, order, site).value_or(std::memory_order_relaxed);
}

void tell(Event& event, const Read& read) {
  event.read = read.value;
  event.missed = read.missed;
  event.stored_in = read.stored_in;
}

}  // namespace

std::uint64_t atomic_load(Address address, unsigned size, std::memory_order order,
                          Site site) noexcept {
  const InEngine in_engine;
  Engine& engine = *running;
  order = order_of(Ordered::kLoad, order, site);
  const Operation operation{
      .action = Action::kLoad, .order = order, .size = size, .address = address, .site = site};
  Event& event = engine.execution.step(operation);
  const Read read = engine.memory.load(begin_access(operation, AccessKind::kAtomicRead));
  tell(event, read);
  engine.execution.note_read(site, address, read.value);
  return read.value;
}

void atomic_store(Address address, unsigned size, std::uint64_t value, std::memory_order order,
                  Site site) noexcept {
  const InEngine in_engine;
  Engine& engine = *running;
  order = order_of(Ordered::kStore, order, site);
  // When the store leaves the buffer, other things may be in this part of the stack.
  const int stack = engine.execution.owner_of_stack(address);
  if (engine.memory.buffers(order) && stack == engine.execution.current())
    order = std::memory_order_seq_cst;
  const Operation operation{
      .action = engine.memory.buffers(order) ? Action::kBuffer : Action::kStore,
      .order = order,
      .size = size,
      .address = address,
      .site = site};
  Event& event = engine.execution.step(operation);
  event.written = truncated(value, size);
  engine.memory.store(begin_access(operation, AccessKind::kAtomicWrite), value);
  engine.execution.note_progress();
}

std::uint64_t atomic_rmw(Address address, unsigned size, Combine combine, std::uint64_t operand,
                         std::memory_order order, Site site) noexcept {
  const InEngine in_engine;
  Engine& engine = *running;
  order = order_of(Ordered::kUpdate, order, site);
  const Operation operation{
      .action = Action::kUpdate, .order = order, .size = size, .address = address, .site = site};
  Event& event = engine.execution.step(operation);
  const Access access = begin_access(operation, AccessKind::kAtomicWrite);
  const Read read = engine.memory.update(access, combine, operand);
  tell(event, read);
  event.written = truncated(combine(read.value, operand), size);
  if (*event.written == read.value)
    engine.execution.note_read(site, address, read.value);
  else
    engine.execution.note_progress();
  return read.value;
}

bool atomic_cas(Address address, unsigned size, std::uint64_t& expected, std::uint64_t desired,
                std::memory_order success, std::memory_order failure, bool weak,
                Site site) noexcept {
  const InEngine in_engine;
  Engine& engine = *running;
  success = order_of(Ordered::kUpdate, success, site);
  failure = order_of(Ordered::kFailure, failure, site);
  const Operation operation{
      .action = Action::kUpdate, .order = success, .size = size, .address = address, .site = site};
  Event& event = engine.execution.step(operation);
  const Access access = begin_access(operation, AccessKind::kAtomicRead);
  // The write comes before what it releases.
  const Clock before = engine.clock();
  bool exchanged = false;
  const Read read = engine.memory.compare_exchange(
      access,
      {.expected = truncated(expected, size), .desired = desired, .failure = failure, .weak = weak},
      exchanged);
  tell(event, read);
  event.failed = !exchanged;
  expected = read.value;
  if (exchanged) {
    event.written = truncated(desired, size);
    engine.check_access(address, size, AccessKind::kAtomicWrite, site, before);
    engine.execution.note_progress();
  } else {
    engine.execution.note_read(site, address, read.value);
  }
  return exchanged;
}

void atomic_fence(std::memory_order order, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  const auto weakened = weakening().order_of(Ordered::kFence, order, site);
  if (!weakened) return;
  execution.step({.action = Action::kFence, .order = *weakened, .site = site});
  running->memory.fence(execution.current(), *weakened);
}

void membarrier(Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  if (!weakening().order_of(Ordered::kMembarrier, std::memory_order_seq_cst, site)) return;
  execution.step({.action = Action::kMembarrier, .site = site});
  running->memory.membarrier(execution.current(), execution.threads());
}

}  // namespace mtaio::testing::interleave
