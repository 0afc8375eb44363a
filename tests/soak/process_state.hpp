/// What the process holds on to.
#pragma once

#include <cstddef>

namespace soak {

struct ProcessState {
  std::size_t resident_kib = 0;
  std::size_t threads = 0;
  std::size_t files = 0;
};

/// Now, with as much memory given back to the system as is free.
ProcessState process_state();

}  // namespace soak
