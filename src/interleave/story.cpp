#include "interleave/story.hpp"

namespace mtaio::testing::interleave {

Event& Story::add(std::size_t step, int actor, const Operation& operation) {
  if (events_.size() == count_) events_.emplace_back();
  Event& event = events_[count_++];
  event.step = step;
  event.actor = actor;
  event.operation = operation;
  event.read.reset();
  event.written.reset();
  event.missed = 0;
  event.stored_in.reset();
  event.failed = false;
  event.note.clear();
  return event;
}

void Story::add_note(std::size_t step, int actor, std::string_view text) {
  add(step, actor, {}).note = text;
}

}  // namespace mtaio::testing::interleave
