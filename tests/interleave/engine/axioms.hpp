/// The memory models of C++20 and of x86 as axioms about whole executions, not as machines.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace test {

enum class AccessKind : std::uint8_t { kLoad, kStore, kExchange, kFence };

/// An operation of a straight-line program. Each store has a value of its own, which is not 0.
struct Instruction {
  AccessKind kind{};
  std::size_t variable = 0;
  std::memory_order order{};
  int value = 0;
};

/// For each thread its instructions, in order. Variables begin as 0.
using StraightProgram = std::vector<std::vector<Instruction>>;

enum class Executions : std::uint8_t {
  kAll,
  /// Those in which loads read what was stored before, and seq_cst operations are ordered as they
  /// were executed.
  kInOrder,
  /// Those of x86 (Sewell et al., x86-TSO, 2010), where a seq_cst store is an exchange, and other
  /// orders make no difference.
  kX86,
};

/// The outcomes that the axioms allow. An outcome is what each thread has read, in order, with '/'
/// behind each thread, and the last value of each variable.
[[nodiscard]] std::set<std::string> outcomes_by_axioms(const StraightProgram& program,
                                                       std::size_t variables,
                                                       Executions executions);

}  // namespace test
