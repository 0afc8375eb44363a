#include "interleave/shadow.hpp"

#include <algorithm>
#include <span>

namespace mtaio::testing::interleave {

namespace {

bool is_plain(AccessKind kind) noexcept {
  return kind == AccessKind::kPlainRead || kind == AccessKind::kPlainWrite;
}

bool is_write(AccessKind kind) noexcept {
  return kind == AccessKind::kAtomicWrite || kind == AccessKind::kPlainWrite;
}

bool conflict(AccessKind a, AccessKind b) noexcept {
  return (is_write(a) || is_write(b)) && (is_plain(a) || is_plain(b));
}

/// Whether all that conflicts with `weaker` conflicts with `stronger` too.
bool covers(AccessKind stronger, AccessKind weaker) noexcept {
  return stronger == weaker || stronger == AccessKind::kPlainWrite ||
         weaker == AccessKind::kAtomicRead;
}

/// Whether `later`, which `earlier` happens before, races with all that `earlier` would race with.
bool replaces(const PastAccess& later, const PastAccess& earlier) noexcept {
  return (earlier.bytes & ~later.bytes) == 0 && covers(later.kind, earlier.kind);
}

bool happened_before(const PastAccess& access, const Clock& clock) noexcept {
  return access.tick <= clock.of(access.thread);
}

}  // namespace

void Shadow::begin() noexcept {
  used_ = 0;
  if (++execution_ != 0) return;
  // The number has come round, so old cells could seem to be new.
  pages_.clear();
  recent_ = nullptr;
  execution_ = 1;
}

Shadow::Cell& Shadow::cell(Address granule) {
  const Address page = granule / kPage;
  if (recent_ == nullptr || page != recent_address_) {
    std::unique_ptr<Page>& found = pages_[page];
    if (!found) found = std::make_unique<Page>();
    recent_ = found.get();
    recent_address_ = page;
  }
  Cell& cell = recent_->cells[granule % kPage / kGranule];
  if (cell.execution != execution_) {
    cell.execution = execution_;
    cell.count = 0;
    cell.more = 0;
    cell.atomic_bytes = 0;
  }
  return cell;
}

std::optional<PastAccess> Shadow::access(int thread, const Clock& clock, Address address,
                                         std::size_t size, AccessKind kind, Site site) {
  PastAccess now{.site = site,
                 .tick = clock.of(thread),
                 .kind = kind,
                 .thread = static_cast<std::uint8_t>(thread)};
  const Address end = address + size;
  for (Address granule = address & ~(kGranule - 1); granule < end; granule += kGranule) {
    const Address from = std::max(address, granule) - granule;
    const Address to = std::min(end - granule, Address{kGranule});
    now.bytes = static_cast<std::uint8_t>((0xFFU << from) & (0xFFU >> (kGranule - to)));
    if (const auto race = access(cell(granule), now, clock)) return race;
  }
  return std::nullopt;
}

std::optional<PastAccess> Shadow::access(Cell& cell, const PastAccess& access, const Clock& clock) {
  if (access.kind == AccessKind::kPlainWrite)
    cell.atomic_bytes &= static_cast<std::uint8_t>(~access.bytes);
  else if (!is_plain(access.kind))
    cell.atomic_bytes |= access.bytes;
  const std::span<PastAccess> all{cell.in_place, cell.count};
  for (const PastAccess& past : all)
    if (past.thread == access.thread && past.tick == access.tick && replaces(past, access))
      return std::nullopt;
  const auto races = [&](const PastAccess& past) {
    return (past.bytes & access.bytes) != 0 && conflict(past.kind, access.kind) &&
           !happened_before(past, clock);
  };
  const auto superfluous = [&](const PastAccess& past) {
    return replaces(access, past) && happened_before(past, clock);
  };
  if (const auto race = std::ranges::find_if(all, races); race != all.end()) return *race;
  cell.count =
      static_cast<std::uint8_t>(std::ranges::remove_if(all, superfluous).begin() - all.begin());
  if (cell.more != 0) {
    std::vector<PastAccess>& more = more_[cell.more - 1];
    if (const auto race = std::ranges::find_if(more, races); race != more.end()) return *race;
    std::erase_if(more, superfluous);
  }
  add(cell, access);
  return std::nullopt;
}

void Shadow::add(Cell& cell, const PastAccess& access) {
  if (cell.count < kInPlace) {
    cell.in_place[cell.count++] = access;
    return;
  }
  if (cell.more == 0) {
    if (more_.size() == used_) more_.emplace_back();
    more_[used_].clear();
    cell.more = static_cast<std::uint32_t>(++used_);
  }
  more_[cell.more - 1].push_back(access);
}

bool Shadow::has_atomics(Address address, std::size_t size) {
  for (Address granule = address & ~(kGranule - 1); granule < address + size; granule += kGranule)
    if (cell(granule).atomic_bytes != 0) return true;
  return false;
}

}  // namespace mtaio::testing::interleave
