/// The strategies that choose at random.
#include "interleave/random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <vector>

namespace mtaio::testing::interleave {

namespace {

const std::array<Operation, kMostActors> nothing{};

/// The actors of an execution in which three threads can make `steps` steps in all.
std::vector<int> actors_of_next(Explorer& explorer, int steps) {
  std::vector<int> actors;
  REQUIRE(explorer.begin());
  int current = 0;
  for (int i = 0; i < steps; ++i) {
    current = explorer.choose_actor({.enabled = 0b111, .current = current, .next = nothing});
    actors.push_back(current);
  }
  return actors;
}

int switches(const std::vector<int>& actors) {
  int count = 0;
  for (std::size_t i = 1; i < actors.size(); ++i)
    if (actors[i] != actors[i - 1]) ++count;
  return count;
}

}  // namespace

TEST_CASE("uniform: a seed gives the same execution each time") {
  Uniform uniform{5};
  const std::vector<int> first = actors_of_next(uniform, 20);
  CHECK(uniform.replay() == "r:5");
  const std::vector<int> second = actors_of_next(uniform, 20);
  CHECK(first != second);
  Uniform again{6, true};
  CHECK(actors_of_next(again, 20) == second);
  CHECK_FALSE(again.begin());
}

TEST_CASE("uniform: each interleaving is found") {
  Uniform uniform{1};
  std::set<std::vector<int>> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(actors_of_next(uniform, 3));
  CHECK(seen.size() == 27);
}

TEST_CASE("PCT: priorities change at depth - 1 moments") {
  for (int depth = 1; depth <= 3; ++depth) {
    Pct pct{1, depth};
    int most = 0;
    for (int i = 0; i < 1000; ++i) most = std::max(most, switches(actors_of_next(pct, 50)));
    CHECK(most == depth - 1);
  }
}

TEST_CASE("PCT: each order of the threads is found") {
  Pct pct{1, 1};
  std::set<int> seen;
  for (int i = 0; i < 100; ++i) seen.insert(actors_of_next(pct, 1).front());
  CHECK(seen.size() == 3);
}

}  // namespace mtaio::testing::interleave
