#include "proof/soak/process_state.hpp"

#include "proof/soak/ledger.hpp"
#include "support/counted.hpp"
#include "support/sanitized.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace soak {
namespace {

// How much more there may be in the last third than in the first.
constexpr std::size_t kHeapSlackKib = 16;
constexpr std::size_t kResidentSlackKib = 1'024;

constexpr bool kMemoryIsOurs = !test::kSanitized;  // the sanitizers keep what is freed

/// Threads that were joined are seen for another moment.
ProcessState state_with_threads(std::size_t expected) {
  ProcessState state = process_state();
  for (int i = 0; i < 1'000 && state.threads > expected; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    state = process_state();
  }
  return state;
}

}  // namespace

ProcessState process_state() {
  ::malloc_trim(0);
  ProcessState state;
  if (kMemoryIsOurs) {
    const struct mallinfo2 heap = ::mallinfo2();
    state.heap_kib = (heap.uordblks + heap.hblkhd) / 1'024;
  }
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> state.resident_kib;
    if (word == "Threads:") status >> state.threads;
  }
  status.close();
  const std::filesystem::directory_iterator files{"/proc/self/fd"};
  state.files = static_cast<std::size_t>(std::distance(begin(files), end(files)));
  return state;
}

Balance::Balance() {
  std::this_thread::sleep_for(std::chrono::milliseconds{20});  // for threads that were joined
  before_ = process_state();
}

void Balance::note() {
  const ProcessState& now = epochs_.emplace_back(state_with_threads(before_.threads));
  const auto compare = [](std::size_t were, std::size_t are, const char* what) {
    if (are == were) return;
    throw Broken{std::to_string(are) + " " + what + ", at first " + std::to_string(were)};
  };
  compare(before_.threads, now.threads, "threads");
  compare(before_.files, now.files, "open files");
  compare(0, static_cast<std::size_t>(test::Counted::alive()), "items are left");
}

void Balance::check_memory() const {
  std::printf("%12zu threads and %zu files, as at first\n", before_.threads, before_.files);
  if (!kMemoryIsOurs) return;
  const std::size_t third = (epochs_.size() + 2) / 3;
  const auto compare = [&](std::size_t ProcessState::* kib, std::size_t slack, const char* what) {
    const std::size_t before = most(kib, 0, third);
    const std::size_t after = most(kib, epochs_.size() - third, third);
    std::printf("%12zu KiB %s in the first third, %zu in the last\n", before, what, after);
    if (after > before + slack) throw Broken{std::string{what} + ": grows"};
  };
  compare(&ProcessState::heap_kib, kHeapSlackKib, "allocated");
  compare(&ProcessState::resident_kib, kResidentSlackKib, "resident");
}

std::size_t Balance::most(std::size_t ProcessState::* what, std::size_t first,
                          std::size_t count) const {
  std::size_t most = 0;
  for (std::size_t i = first; i < first + count; ++i) most = std::max(most, epochs_[i].*what);
  return most;
}

}  // namespace soak
