/// Makes global memory as it was before the execution.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mtaio::testing::interleave {

/// What global memory held before the program first wrote there in this execution.
class UndoLog {
 public:
  /// The program is going to write `size` bytes at `address`.
  void note(std::uintptr_t address, std::size_t size) noexcept;
  /// The execution has ended: writes back what was there, and begins anew.
  void undo() noexcept;

 private:
  static constexpr std::size_t kBytes = 8;
  /// Eight bytes, of which those in the mask are written back.
  struct Entry {
    std::uintptr_t address;
    std::array<std::uint8_t, kBytes> old;
    std::uint8_t written;
  };

  Entry& entry_for(std::uintptr_t address) noexcept;
  void grow() noexcept;
  [[nodiscard]] std::size_t slot_of(std::uintptr_t address) const noexcept;

  std::vector<Entry> entries_;
  // Open addressing: indices into entries_ plus one.
  std::vector<std::uint32_t> slots_;
};

extern constinit UndoLog undo_log;

/// `undo_log.undo()`.
void undo_global_memory() noexcept;

}  // namespace mtaio::testing::interleave
