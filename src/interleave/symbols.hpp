/// Names for places in the program.
#pragma once

#include "interleave/symbolizer.hpp"
#include "interleave/world.hpp"

#include <string>
#include <unordered_map>

namespace mtaio::testing::interleave {

/// Where a site is in the source; empty if unknown.
struct Place {
  /// The function without its parameters.
  std::string function;
  /// As in "lockfree/deque.hpp:120".
  std::string line;
};

/// The places of sites, by the program's debug information. Of functions that were inlined into
/// each other it is the innermost which is not in a header of the system.
class Symbols {
 public:
  [[nodiscard]] const Place& of(Site site);

 private:
  Symbolizer symbolizer_;
  std::unordered_map<Site, Place> places_;
};

/// Those of this process, which is asked again and again for the same.
[[nodiscard]] Symbols& symbols();

}  // namespace mtaio::testing::interleave
