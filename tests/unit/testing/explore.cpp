/// A test that is run with many seeds. What it prints:
/// tests/contract/misuse/explore_names_the_seed.cpp.
#include <mtaio/testing/explore.hpp>

#include <mtaio/core.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <vector>

using mtaio::testing::explore;
using mtaio::testing::ExploreOptions;
using mtaio::testing::Simulation;

namespace {

/// Sets MTAIO_SEED while it lives.
class Environment {
 public:
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread is there
  explicit Environment(const char* seed) { ::setenv("MTAIO_SEED", seed, 1); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { ::unsetenv("MTAIO_SEED"); }
  // NOLINTEND(concurrency-mt-unsafe)
};

std::vector<std::uint64_t> seeds_tried(ExploreOptions options = {}) {
  std::vector<std::uint64_t> seeds;
  explore([&](Simulation& simulation) { seeds.push_back(*simulation.seed()); }, options);
  return seeds;
}

mtaio::Task<int> choose_and_sleep(Simulation& simulation) {
  co_await mtaio::sleep(std::chrono::seconds{1});
  co_return static_cast<int>(simulation.choose(1000));
}

struct Found {
  std::uint64_t seed;
};

void find(Simulation& simulation) {
  if (simulation.run(choose_and_sleep(simulation)) == 7) throw Found{*simulation.seed()};
}

/// The seed with which `find` throws.
std::optional<std::uint64_t> found() {
  try {
    explore(find);
  } catch (const Found& at) {
    return at.seed;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("explore: tries 10,000 seeds from 1 on, each in a simulation at time zero") {
  std::uint64_t next = 1;
  explore([&](Simulation& simulation) {
    CHECK(simulation.seed() == next++);
    CHECK(simulation.steps() == 0);
    simulation.run(choose_and_sleep(simulation));
  });
  CHECK(next == 10'001);
}

TEST_CASE("explore: tries the seeds that it is told to, with the options that it is given") {
  CHECK(seeds_tried({.first_seed = 5, .seeds = 3}) == std::vector<std::uint64_t>{5, 6, 7});
  CHECK(seeds_tried({.seeds = 0}).empty());
  CHECK(seeds_tried({.first_seed = ~std::uint64_t{0}, .seeds = 2}) ==
        std::vector<std::uint64_t>{~std::uint64_t{0}, 0});
  const auto wait = [](Simulation& simulation) {
    CHECK_THROWS_AS(simulation.run(choose_and_sleep(simulation)), mtaio::testing::Stuck);
  };
  explore(wait, {.seeds = 10, .simulation = {.max_steps = 1}});
}

TEST_CASE("explore: lets the test's exception out, and tries no other seed after it") {
  const auto seed = found();
  REQUIRE(seed.has_value());
  std::uint64_t last = 0;
  const auto remember = [&](Simulation& simulation) {
    last = *simulation.seed();
    find(simulation);
  };
  CHECK_THROWS_AS(explore(remember), Found);
  CHECK(last == seed);
}

TEST_CASE("explore: with MTAIO_SEED tries that seed alone, and it does the same") {
  const auto seed = found();
  REQUIRE(seed.has_value());
  const Environment only{std::to_string(*seed).c_str()};
  CHECK(mtaio::testing::seed_from_environment() == seed);
  CHECK(seeds_tried() == std::vector<std::uint64_t>{*seed});
  CHECK(found() == seed);
}

TEST_CASE("explore: MTAIO_SEED may be any number below 2^64; empty it is as if it was not set") {
  {
    const Environment largest{"18446744073709551615"};
    CHECK(mtaio::testing::seed_from_environment() == ~std::uint64_t{0});
  }
  const Environment empty{""};
  CHECK_FALSE(mtaio::testing::seed_from_environment());
}

TEST_CASE("explore: MTAIO_SEED that is not such a number is std::invalid_argument") {
  for (const char* text : {"seven", "7th", "-1", " 7", "18446744073709551616"}) {
    CAPTURE(text);
    const Environment wrong{text};
    CHECK_THROWS_AS((void)mtaio::testing::seed_from_environment(), std::invalid_argument);
    CHECK_THROWS_AS((void)seeds_tried(), std::invalid_argument);
  }
}
