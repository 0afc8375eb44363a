/// Faults that `soak --plant NAME` has on purpose, to see that it finds them.
#pragma once

#include <array>
#include <string_view>

namespace soak {

struct Fault {
  const char* name;
  const char* what;
};

inline constexpr std::array kFaults{
    Fault{"lost", "an item that came out is not noted"},
    Fault{"doubled", "an item that came out is noted twice"},
    Fault{"item", "an item is never destroyed"},
    Fault{"task", "a task is never destroyed"},
    Fault{"failure", "a task fails with what no task throws"},
    Fault{"thread", "a thread is left in each epoch"},
    Fault{"file", "a file is left open in each epoch"},
    Fault{"memory", "64 KiB are left in each epoch"},
    Fault{"late", "a task is ready for an hour before it runs"},
    Fault{"hang", "a round waits for what never comes"},
};

/// The name of the one that is planted, or empty. Set before there are threads.
inline std::string_view planted_fault;

inline bool planted(std::string_view name) noexcept { return planted_fault == name; }

}  // namespace soak
