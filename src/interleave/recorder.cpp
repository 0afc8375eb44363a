#include "interleave/recorder.hpp"

#include <charconv>
#include <stdexcept>
#include <system_error>

namespace mtaio::testing::interleave {

namespace {

constexpr std::string_view kPrefix = "c:";

template <typename Number>
Number take_number(std::string_view& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{})
    throw std::invalid_argument{"replay: expected a number at '" + std::string{text} +
                                "'. Copy the whole string that the failure printed."};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string to_replay(const std::vector<Decision>& decisions) {
  std::string text{kPrefix};
  std::size_t next = 0;
  for (const Decision& decision : decisions) {
    if (text.size() > kPrefix.size()) text += ',';
    text += std::to_string(decision.position - next) + '=' + std::to_string(decision.chosen);
    next = decision.position + 1;
  }
  return text;
}

std::vector<Decision> from_replay(std::string_view replay) {
  if (!replay.starts_with(kPrefix))
    throw std::invalid_argument{"replay: '" + std::string{replay} +
                                "' does not begin with 'c:' or 'r:'. Copy the whole string."};
  replay.remove_prefix(kPrefix.size());
  std::vector<Decision> decisions;
  std::size_t next = 0;
  while (!replay.empty()) {
    Decision decision;
    decision.position = next + take_number<std::size_t>(replay);
    if (replay.starts_with('=')) replay.remove_prefix(1);
    decision.chosen = take_number<unsigned>(replay);
    if (replay.starts_with(',')) replay.remove_prefix(1);
    next = decision.position + 1;
    decisions.push_back(decision);
  }
  return decisions;
}

bool Recorder::begin() {
  position_ = 0;
  decisions_.clear();
  return explorer_.begin();
}

int Recorder::choose_actor(const Moment& moment) {
  const int actor = explorer_.choose_actor(moment);
  if (actor != kNoThread) note(static_cast<unsigned>(actor), static_cast<unsigned>(moment.usual()));
  return actor;
}

unsigned Recorder::choose(unsigned count, Choice what) {
  const unsigned chosen = explorer_.choose(count, what);
  note(chosen, 0);
  return chosen;
}

bool Recorder::explored_before(int thread, std::size_t step) {
  const bool answer = explorer_.explored_before(thread, step);
  note(answer ? 1 : 0, 0);
  return answer;
}

std::string Recorder::replay() const {
  std::string shorter = explorer_.replay();
  return shorter.empty() ? to_replay(decisions_) : shorter;
}

void Recorder::note(unsigned chosen, unsigned usual) {
  if (chosen != usual) decisions_.push_back({.position = position_, .chosen = chosen});
  ++position_;
}

bool Replay::begin() {
  if (begun_) return false;
  begun_ = true;
  return true;
}

int Replay::choose_actor(const Moment& moment) {
  const auto usual = static_cast<unsigned>(moment.usual());
  const auto actor = static_cast<int>(next(usual));
  if (actor >= kMostActors || !contains(moment.enabled, actor)) return moment.usual();
  return actor;
}

unsigned Replay::choose(unsigned count, Choice /*what*/) {
  const unsigned chosen = next(0);
  return chosen < count ? chosen : 0;
}

bool Replay::explored_before(int /*thread*/, std::size_t /*step*/) { return next(0) == 1; }

unsigned Replay::next(unsigned usual) {
  const std::size_t position = position_++;
  if (used_ == decisions_.size() || decisions_[used_].position != position) return usual;
  return decisions_[used_++].chosen;
}

}  // namespace mtaio::testing::interleave
