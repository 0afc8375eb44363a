/// The random choices of a simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mtaio::testing {

/// Draws random numbers that are determined by a seed, and keeps a hash of all numbers drawn.
/// Without a seed it always draws 0.
class Choices {
 public:
  explicit Choices(std::optional<std::uint64_t> seed) noexcept { restart(seed); }

  void restart(std::optional<std::uint64_t> seed) noexcept {
    seed_ = seed;
    state_ = seed.value_or(0);
    trace_ = 0;
  }

  [[nodiscard]] std::optional<std::uint64_t> seed() const noexcept { return seed_; }
  [[nodiscard]] bool random() const noexcept { return seed_.has_value(); }
  [[nodiscard]] std::uint64_t trace() const noexcept { return trace_; }

  /// A number below `count`. REQUIRES: `count` is not 0.
  std::size_t among(std::size_t count) noexcept {
    if (count == 1 || !random()) return 0;
    // splitmix64, by Sebastiano Vigna.
    std::uint64_t bits = state_ += 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31U;
    // The upper half of the product is below `count`; it costs less than a remainder.
    __extension__ using Wide = unsigned __int128;
    const auto drawn = static_cast<std::size_t>((static_cast<Wide>(bits) * count) >> 64U);
    record(drawn + (count << 32U));
    return drawn;
  }

  /// Adds a number to the hash: FNV-1a, one word at a time.
  void record(std::uint64_t number) noexcept { trace_ = (trace_ ^ number) * 0x100000001b3U; }

 private:
  std::optional<std::uint64_t> seed_;
  std::uint64_t state_ = 0;
  std::uint64_t trace_ = 0;
};

}  // namespace mtaio::testing
