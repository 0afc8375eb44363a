/// What the command line of `soak` says.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace soak {

struct Options {
  std::chrono::seconds time{180};
  /// After this, a round hangs.
  std::chrono::seconds patience{60};
  /// Of the first round; the second has the next one, and so on.
  std::uint32_t seed = 1;
  /// Whether memory must not grow: not where it is an emulator's as well.
  bool memory = true;
  /// A fault to plant, or empty.
  std::string_view plant;
};

/// Ends the program, with a message, if it cannot make sense of them.
Options options_from(int count, char** arguments);

}  // namespace soak
