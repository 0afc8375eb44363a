#include "model/explore/explore.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace {

/// How many seeds each program is tried with here; the program `model` takes any number.
std::uint64_t seeds_for_a_test() {
  const char* text = std::getenv("MTAIO_MODEL_SEEDS");  // NOLINT(concurrency-mt-unsafe): only read
  return text ? std::strtoull(text, nullptr, 10) : 20'000;
}

void check_seeds(const model::Entry& entry, const model::ExploreOptions& options) {
  const auto found = model::explore(entry, options);
  if (found.failure) {
    FAIL_CHECK(entry.name << ", seed " << found.failure->seed << ": " << found.failure->what
                          << "; the story: model --program " << entry.name << " --first-seed "
                          << found.failure->seed << " --seeds 1 --story");
  }
  CHECK((found.failure || found.schedules == options.seeds));
}

TEST_CASE("model: seeds that failed once do not fail again") {
  std::ifstream file{MTAIO_MODEL_REGRESSIONS};
  REQUIRE(file);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    std::string name;
    model::ExploreOptions options{.seeds = 1};
    words >> name >> options.first_seed;
    const model::Entry* entry = model::find_program(name);
    REQUIRE_MESSAGE((words && entry), line);
    check_seeds(*entry, options);
  }
}

TEST_CASE("model: with every seed the library does the same as the models") {
  for (const model::Entry& entry : model::programs()) {
    check_seeds(entry, {.seeds = seeds_for_a_test()});
  }
}

}  // namespace
