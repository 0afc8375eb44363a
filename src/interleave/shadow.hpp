/// Finds data races on plain memory.
#pragma once

#include "interleave/clock.hpp"
#include "interleave/world.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mtaio::testing::interleave {

enum class AccessKind : std::uint8_t { kAtomicRead, kAtomicWrite, kPlainRead, kPlainWrite };

/// An earlier access to a few bytes of the same eight.
struct PastAccess {
  Site site = nullptr;
  std::uint32_t tick = 0;
  AccessKind kind{};
  std::uint8_t thread = 0;
  /// A bit for each byte.
  std::uint8_t bytes = 0;
};

/// Who has accessed which byte. A data race is two accesses to a byte of which one is a write, and
/// not both are atomic, and neither happens before the other. Accesses are kept in the manner of
/// FastTrack (Flanagan & Freund 2009): those that a later one makes superfluous are dropped, and no
/// others, so each race is found.
class Shadow {
 public:
  void begin() noexcept;

  /// An access by `thread`, which knows `clock`. Returns an earlier access that races with it.
  [[nodiscard]] std::optional<PastAccess> access(int thread, const Clock& clock, Address address,
                                                 std::size_t size, AccessKind kind, Site site);
  /// Whether any byte was accessed atomically since it was last written plainly.
  [[nodiscard]] bool has_atomics(Address address, std::size_t size);

 private:
  static constexpr std::size_t kGranule = 8;
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kInPlace = 4;

  /// Eight bytes.
  struct Cell {
    PastAccess in_place[kInPlace];
    /// Accesses beyond those: an index of `more_`, plus one.
    std::uint32_t more = 0;
    /// A cell of an earlier execution is empty.
    std::uint32_t execution = 0;
    std::uint8_t count = 0;
    std::uint8_t atomic_bytes = 0;
  };
  struct Page {
    Cell cells[kPage / kGranule];
  };

  [[nodiscard]] Cell& cell(Address granule);
  [[nodiscard]] std::optional<PastAccess> access(Cell& cell, const PastAccess& access,
                                                 const Clock& clock);
  void add(Cell& cell, const PastAccess& access);

  std::uint32_t execution_ = 1;
  std::unordered_map<Address, std::unique_ptr<Page>> pages_;
  Address recent_address_ = 0;
  Page* recent_ = nullptr;
  /// Cells with more accesses than fit in them; `used_` of these are in use.
  std::vector<std::vector<PastAccess>> more_;
  std::size_t used_ = 0;
};

}  // namespace mtaio::testing::interleave
