/// Strategies that choose at random.
#pragma once

#include "interleave/explorer.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mtaio::testing::interleave {

/// What the random strategies share: the seeds, and the choices besides the thread.
class RandomExplorer : public Explorer {
 public:
  [[nodiscard]] bool begin() override;
  /// The ordinary answer is the most frequent.
  [[nodiscard]] unsigned choose(unsigned count, Choice what) override;

 protected:
  RandomExplorer(std::uint64_t first_seed, bool only_one)
      : next_seed_{first_seed}, only_one_{only_one} {}

  [[nodiscard]] std::uint64_t seed() const noexcept { return next_seed_ - 1; }
  /// A number less than `count`.
  [[nodiscard]] unsigned below(unsigned count);
  [[nodiscard]] int any_of(Actors actors);

 private:
  std::uint64_t next_seed_;
  const bool only_one_;
  bool begun_ = false;
  std::minstd_rand random_;
};

/// Each thread that can go on is as likely to as each other.
class Uniform final : public RandomExplorer {
 public:
  explicit Uniform(std::uint64_t first_seed, bool only_one = false)
      : RandomExplorer{first_seed, only_one} {}

  [[nodiscard]] int choose_actor(const Moment& moment) override;
  [[nodiscard]] std::string replay() const override { return "r:" + std::to_string(seed()); }
};

/// Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized
/// Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010). The thread with the
/// highest priority goes on. Priorities are random, and at `depth - 1` random steps the priority of
/// the thread that would go on becomes the lowest.
class Pct final : public RandomExplorer {
 public:
  /// REQUIRES: `depth` is at least 1.
  Pct(std::uint64_t first_seed, int depth)
      : RandomExplorer{first_seed, false}, changes_(static_cast<std::size_t>(depth - 1)) {}

  [[nodiscard]] bool begin() override;
  [[nodiscard]] int choose_actor(const Moment& moment) override;

 private:
  /// The steps at which priorities change.
  std::vector<std::size_t> changes_;
  std::array<std::uint32_t, kMostActors> priorities_{};
  std::size_t step_ = 0;
  /// How many steps the longest execution has had; at first a guess.
  std::size_t longest_ = 50;
  std::uint32_t lowest_ = 0;
};

}  // namespace mtaio::testing::interleave
