/// Names for places in the program and for its variables.
#pragma once

#include "interleave/symbolizer.hpp"
#include "interleave/variables.hpp"
#include "interleave/world.hpp"

#include <optional>
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

/// The names of variables, and the places of sites, by the program's debug information. Of
/// functions that were inlined into each other it is the innermost which is not in a header of the
/// system.
class Symbols {
 public:
  [[nodiscard]] const Place& of(Site site);
  /// The program's variable at an address, unless it is thread-local.
  [[nodiscard]] std::optional<VariablePart> variable_at(Address address);

 private:
  Symbolizer symbolizer_;
  std::unordered_map<Site, Place> places_;
  /// Read when the first is asked for.
  std::optional<Variables> variables_;
};

/// Those of this process, which is asked again and again for the same.
[[nodiscard]] Symbols& symbols();

}  // namespace mtaio::testing::interleave
