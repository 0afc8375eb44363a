/// What a story calls things.
#include <mtaio/interleave/check.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>

namespace interleave = mtaio::testing::interleave;

namespace story_names {

std::atomic<int> one_word{0};
std::array<std::atomic<int>, 3> three_words{};

}  // namespace story_names

namespace {

std::atomic<int> hidden_word{0};

bool has(const std::string& story, std::string_view part) {
  return story.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("story: global variables have their names") {
  const auto report = interleave::check([] {
    static std::atomic<int> local_word{0};
    story_names::one_word.store(1);
    story_names::three_words[1].store(2);
    hidden_word.store(3);
    local_word.store(4);
    interleave::require(hidden_word.load() + local_word.load() == 0, "the story is told");
  });
  REQUIRE(report.failure);
  const std::string& story = report.failure->story;
  INFO(story);
  CHECK(has(story, "a is the variable story_names::one_word\n"));
  CHECK(has(story, "b is byte 4 of 12 of the variable story_names::three_words\n"));
  CHECK(has(story, "(anonymous namespace)::hidden_word\n"));
  CHECK(has(story, "::local_word\n"));
}
