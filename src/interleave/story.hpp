/// What the threads did in an execution.
#pragma once

#include "interleave/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtaio::testing::interleave {

/// What happened in a step, or a note.
struct Event {
  std::size_t step = 0;
  int actor = 0;
  Operation operation;
  std::optional<std::uint64_t> read;
  std::optional<std::uint64_t> written;
  /// How many later stores the load has missed, and the step of the store that it has read.
  std::size_t missed = 0;
  std::optional<std::size_t> stored_in;
  /// A compare-exchange, a lock or a wait has not done what it tried to do.
  bool failed = false;
  /// Instead of all that.
  std::string note;
};

class Story {
 public:
  void begin() noexcept { count_ = 0; }
  /// A new event. It may be filled in until the next one is added.
  Event& add(std::size_t step, int actor, const Operation& operation);
  void add_note(std::size_t step, int actor, std::string_view text);

  [[nodiscard]] std::span<const Event> events() const noexcept { return {events_.data(), count_}; }

 private:
  /// The first `count_` are of this execution.
  std::vector<Event> events_;
  std::size_t count_ = 0;
};

}  // namespace mtaio::testing::interleave
