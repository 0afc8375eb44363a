#include "soak/process_state.hpp"

#include <malloc.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace soak {

ProcessState process_state() {
  ::malloc_trim(0);
  ProcessState state;
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> state.resident_kib;
    if (word == "Threads:") status >> state.threads;
  }
  status.close();
  const std::filesystem::directory_iterator files{"/proc/self/fd"};
  state.files = static_cast<std::size_t>(std::distance(begin(files), end(files)));
  return state;
}

}  // namespace soak
