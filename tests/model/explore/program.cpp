#include "model/explore/program.hpp"

#include <algorithm>
#include <array>

namespace model {

std::span<const Entry> programs() noexcept {
  static constexpr std::array kPrograms{
      Entry{"timers", "timers are armed, disarmed and fired", &make_timer_program},
      Entry{"latch", "tasks wait on a latch and count it down", &make_latch_program},
      Entry{"semaphore", "tasks acquire permits, release them, and change the limit",
            &make_semaphore_program},
      Entry{"queue", "tasks put into a queue of each kind and take from it", &make_queue_program},
      Entry{"moves", "the same with items whose moves throw and use the queue",
            &make_moves_program},
      Entry{"gather", "tasks run, gather and map others, in a tree", &make_fan_out_program},
  };
  return kPrograms;
}

const Entry* find_program(std::string_view name) noexcept {
  const auto all = programs();
  const auto found = std::ranges::find(all, name, &Entry::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace model
