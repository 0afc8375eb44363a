/// Choices that a test has written down.
#pragma once

#include "interleave/choices.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace test {

/// Gives the answers of a list, one after the other; after those, the usual one.
class ScriptedChoices final : public mtaio::testing::interleave::Choices {
 public:
  void expect(std::vector<unsigned> answers) {
    answers_ = std::move(answers);
    next_ = 0;
  }
  [[nodiscard]] unsigned choose(unsigned count,
                                mtaio::testing::interleave::Choice /*what*/) override {
    ++asked_;
    const unsigned answer = next_ < answers_.size() ? answers_[next_++] : 0;
    REQUIRE(answer < count);
    return answer;
  }
  /// How many questions there were since the last call.
  [[nodiscard]] int asked() { return std::exchange(asked_, 0); }

 private:
  std::vector<unsigned> answers_;
  std::size_t next_ = 0;
  int asked_ = 0;
};

}  // namespace test
