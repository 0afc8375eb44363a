/// The kernel's wait queue behind a 32-bit word.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mtaio::platform {

using Deadline = std::chrono::steady_clock::time_point;

/// Blocks while `word` is `expected`, until the thread is woken or `deadline` has passed. May
/// return early, so callers check and call again.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::optional<Deadline> deadline = std::nullopt) noexcept;

/// Wakes up to `count` threads. Only the address of `word` is used, so the word may already have
/// been destroyed.
void futex_wake(const std::atomic<std::uint32_t>* word, int count) noexcept;

}  // namespace mtaio::platform
