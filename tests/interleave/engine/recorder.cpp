/// Decisions that are written down, and made again.
#include "interleave/recorder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace mtaio::testing::interleave {

namespace {

const std::array<Operation, kMostActors> nothing{};

Moment moment(Actors enabled, int current) {
  return {.enabled = enabled, .current = current, .next = nothing};
}

/// Makes the decisions of a list.
class Scripted final : public Explorer {
 public:
  explicit Scripted(std::vector<int> decisions) : decisions_{std::move(decisions)} {}
  [[nodiscard]] bool begin() override {
    next_ = 0;
    return true;
  }
  [[nodiscard]] int choose_actor(const Moment& /*moment*/) override { return decisions_[next_++]; }
  [[nodiscard]] unsigned choose(unsigned /*count*/, Choice /*what*/) override {
    return static_cast<unsigned>(decisions_[next_++]);
  }

 private:
  std::vector<int> decisions_;
  std::size_t next_ = 0;
};

/// Asks what an execution would ask, and returns the answers.
template <typename Answering>
std::vector<int> answers(Answering& answering) {
  std::vector<int> all;
  REQUIRE(answering.begin());
  all.push_back(answering.choose_actor(moment(0b0111, 0)));
  all.push_back(static_cast<int>(answering.choose(3, Choice::kReadFrom)));
  all.push_back(answering.choose_actor(moment(0b0111, all.front())));
  all.push_back(answering.choose_actor(moment(0b0110, 0)));
  all.push_back(static_cast<int>(answering.choose(2, Choice::kReadFrom)));
  return all;
}

}  // namespace

TEST_CASE("recorder: what it has noted can be made again") {
  for (const std::vector<int>& decisions :
       {std::vector{0, 0, 0, 1, 0}, std::vector{2, 2, 2, 2, 1}, std::vector{1, 1, 0, 1, 0}}) {
    Scripted scripted{decisions};
    Recorder recorder{scripted};
    CHECK(answers(recorder) == decisions);
    Replay replay{from_replay(recorder.replay())};
    CHECK(answers(replay) == decisions);
    CHECK_FALSE(replay.begin());
  }
}

TEST_CASE("recorder: usual decisions take no room") {
  Scripted scripted{{0, 0, 0, 1, 0}};
  Recorder recorder{scripted};
  static_cast<void>(answers(recorder));
  CHECK(recorder.replay() == "c:");
}

TEST_CASE("recorder: a replay says where the unusual decisions are") {
  CHECK(to_replay({{.position = 2, .chosen = 1}, {.position = 5, .chosen = 3}}) == "c:2=1,2=3");
  const std::vector<Decision> decisions = from_replay("c:2=1,2=3");
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].position == 2);
  CHECK(decisions[1].position == 5);
  CHECK(decisions[1].chosen == 3);
}

TEST_CASE("recorder: refuses what is not a replay") {
  CHECK_THROWS_AS(static_cast<void>(from_replay("x")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(from_replay("c:1=z")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(from_replay("c:1")), std::invalid_argument);
}

TEST_CASE("replay: of another program, the usual is done where a decision is not possible") {
  Replay replay{from_replay("c:0=5,0=7")};
  REQUIRE(replay.begin());
  CHECK(replay.choose_actor(moment(0b0011, 1)) == 1);
  CHECK(replay.choose(2, Choice::kReadFrom) == 0);
}

}  // namespace mtaio::testing::interleave
