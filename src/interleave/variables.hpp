/// Names of the program's global variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace mtaio::testing::interleave {

/// A variable, and the byte of it that is meant.
struct VariablePart {
  /// As in "space::queue" or "f()::counter".
  std::string name;
  std::size_t byte = 0;
  std::size_t size = 0;
};

/// The variables with static storage duration, by the symbol table of the program's file.
class Variables {
 public:
  /// Without any if the file is stripped.
  Variables();

  /// The variable at an address of the file.
  [[nodiscard]] std::optional<VariablePart> at(std::uintptr_t address) const;

 private:
  struct Variable {
    std::string symbol;
    std::size_t size = 0;
  };
  /// By address.
  std::map<std::uintptr_t, Variable> all_;
};

}  // namespace mtaio::testing::interleave
