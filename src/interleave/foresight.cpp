#include "interleave/foresight.hpp"

#include <algorithm>

namespace mtaio::testing::interleave {

void Foresight::begin() {
  expected_.clear();
  impossible_ = false;
}

bool Foresight::use() noexcept {
  used_ = true;
  return !stored_.empty();
}

void Foresight::note_store(int thread, Address address, std::uint64_t value) {
  if (!used_) stored_[address].emplace(value, thread);
}

std::vector<std::uint64_t> Foresight::values(int thread, Address address) const {
  std::vector<std::uint64_t> values;
  const auto stored = stored_.find(address);
  if (!used_ || stored == stored_.end()) return values;
  // One at a time is enough for a thread.
  if (std::ranges::find(expected_, thread, &Foreseen::reader) != expected_.end()) return values;
  for (const auto& [value, writer] : stored->second)
    if (writer != thread && (values.empty() || values.back() != value)) values.push_back(value);
  return values;
}

void Foresight::access(std::size_t location, const Clock& clock) noexcept {
  for (const Foreseen& load : expected_)
    if (load.location == location && clock.of(load.reader) >= load.tick) impossible_ = true;
}

}  // namespace mtaio::testing::interleave
