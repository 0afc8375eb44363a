#include "interleave/interpose/undo_log.hpp"

#include "interleave/interpose/program_memory.hpp"

#include <algorithm>
#include <cstring>

namespace mtaio::testing::interleave {

constinit UndoLog undo_log;

void undo_global_memory() noexcept { undo_log.undo(); }

std::size_t UndoLog::slot_of(std::uintptr_t address) const noexcept {
  std::size_t slot = (address / kBytes * 0x9E3779B97F4A7C15U) >> 20U;
  for (;; ++slot) {
    slot &= slots_.size() - 1;
    if (slots_[slot] == 0 || entries_[slots_[slot] - 1].address == address) return slot;
  }
}

void UndoLog::grow() noexcept {
  slots_.assign(std::max<std::size_t>(1024, slots_.size() * 2), 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    slots_[slot_of(entries_[i].address)] = static_cast<std::uint32_t>(i + 1);
  }
}

UndoLog::Entry& UndoLog::entry_for(std::uintptr_t address) noexcept {
  if (entries_.size() * 2 >= slots_.size()) grow();
  std::uint32_t& index = slots_[slot_of(address)];
  if (index == 0) {
    Entry& made = entries_.emplace_back(Entry{.address = address, .old = {}, .written = 0});
    std::memcpy(made.old.data(), reinterpret_cast<const void*>(address), kBytes);
    index = static_cast<std::uint32_t>(entries_.size());
  }
  return entries_[index - 1];
}

void UndoLog::note(std::uintptr_t address, std::size_t size) noexcept {
  const NotTheProgram scope;
  for (const std::uintptr_t end = address + size; address < end;) {
    const std::uintptr_t start = address & ~(kBytes - 1);
    const std::uintptr_t stop = std::min(end, start + kBytes);
    Entry& entry = entry_for(start);
    for (; address < stop; ++address) {
      entry.written |= static_cast<std::uint8_t>(1U << (address - start));
    }
  }
}

void UndoLog::undo() noexcept {
  for (const Entry& entry : entries_) {
    auto* place = reinterpret_cast<std::uint8_t*>(entry.address);
    for (std::size_t i = 0; i < kBytes; ++i) {
      if (((entry.written >> i) & 1U) != 0) place[i] = entry.old[i];
    }
  }
  entries_.clear();
  std::ranges::fill(slots_, 0);
}

}  // namespace mtaio::testing::interleave
