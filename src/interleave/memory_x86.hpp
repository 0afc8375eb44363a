/// Memory as x86 has it.
#pragma once

#include "interleave/choices.hpp"
#include "interleave/memory_model.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mtaio::testing::interleave {

/// Memory as x86 has it: x86-TSO (Sewell et al., "x86-TSO: A Rigorous and Usable Programmer's Model
/// for x86 Multiprocessors", 2010). Stores go through a buffer of their thread, first in, first
/// out; when one leaves it, is a step of the execution. A thread reads from its own buffer before
/// memory. Updates, seq_cst stores and seq_cst fences wait until the buffer is empty; a membarrier
/// empties the buffers of all threads, in one step. Other orders have no effect, as on the machine.
/// Stores to plain memory are not buffered.
class MemoryX86 final : public MemoryModel {
 public:
  explicit MemoryX86(Choices& choices) : choices_{choices} {}

  void begin() override;
  Read load(const Access& access) override;
  void store(const Access& access, std::uint64_t value) override;
  Read update(const Access& access, Combine combine, std::uint64_t operand) override;
  Read compare_exchange(const Access& access, const CompareExchange& how, bool& exchanged) override;
  // It is made when the buffer is empty, see `Execution`.
  void fence(int /*thread*/, std::memory_order /*order*/) override {}
  void membarrier(int caller, int threads) override;
  void release(int /*thread*/, View& /*to*/) override {}
  void acquire(int /*thread*/, const View& /*from*/) override {}
  void catch_up(int /*thread*/) override {}
  void forget(Address address, std::size_t size) override;
  [[nodiscard]] const Clock& clock(int /*thread*/) const override { return no_clock_; }

  [[nodiscard]] bool buffers(std::memory_order order) const override { return !is_seq_cst(order); }
  [[nodiscard]] const BufferedStore* buffered(int thread) const override;
  void drain(int thread) override;

 private:
  struct Thread {
    /// The oldest first.
    std::vector<BufferedStore> buffer;
    bool failed_spuriously = false;
  };
  [[nodiscard]] Thread& state_of(int thread) noexcept {
    return threads_[static_cast<std::size_t>(thread)];
  }

  Choices& choices_;
  std::array<Thread, kMostThreads> threads_;
  Clock no_clock_;
};

}  // namespace mtaio::testing::interleave
