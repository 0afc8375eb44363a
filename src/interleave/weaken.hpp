/// Weakens one memory order of the program while it runs.
#pragma once

#include "interleave/world.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace mtaio::testing::interleave {

/// What an order is the order of.
enum class Ordered : std::uint8_t {
  kLoad,
  kStore,
  kUpdate,
  /// A compare-exchange that fails.
  kFailure,
  kFence,
  kMembarrier,
};

/// Weakens one memory order of the program while it runs, to see whether a check notices.
///
/// A mutant is named by its place in the source, as in
/// "lockfree/deque.hpp:120:load:acquire:relaxed": the line, what has the order, the order and the
/// weaker one. Where the compiler has put the line into several functions, all of them are
/// weakened. "none" removes a fence. Without MTAIO_INTERLEAVE_WEAKEN, which names a mutant, nothing
/// is changed. With MTAIO_INTERLEAVE_SITES=file, the mutants of all operations that were executed
/// are appended to the file, one in a line.
class Weakening {
 public:
  Weakening();

  /// The order that the operation has; nothing if it is to be left out.
  [[nodiscard]] std::optional<std::memory_order> order_of(Ordered what, std::memory_order order,
                                                          Site site);
  /// Writes what was executed since the last time.
  void write_sites();

 private:
  using Key = std::pair<Site, Ordered>;

  [[nodiscard]] std::optional<std::memory_order> look_up(Ordered what, std::memory_order order,
                                                         Site site);

  std::string mutant_;
  std::string file_;
  bool is_used_;
  /// What was found out about each operation.
  std::map<Key, std::optional<std::memory_order>> known_;
  std::set<std::string> written_;
  std::set<std::string> to_write_;
};

/// That of this process.
[[nodiscard]] Weakening& weakening();

}  // namespace mtaio::testing::interleave
