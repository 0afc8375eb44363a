/// What there is to explore.
#pragma once

#include <mtaio/testing/simulation.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace model {

/// A random program: everything that happens in it follows from a seed.
class RandomProgram {
 public:
  RandomProgram() = default;
  RandomProgram(const RandomProgram&) = delete;
  RandomProgram& operator=(const RandomProgram&) = delete;
  virtual ~RandomProgram() = default;

  /// Runs it once. Ends the process where the library does not do what the model says: see
  /// `diverged()`.
  virtual void run(std::uint64_t seed) = 0;
};

struct Entry {
  std::string_view name;
  std::string_view about;
  std::unique_ptr<RandomProgram> (*make)();
};

/// All there are.
[[nodiscard]] std::span<const Entry> programs() noexcept;
/// The one with this name; null if there is none.
[[nodiscard]] const Entry* find_program(std::string_view name) noexcept;

// Each in a file of its own.
std::unique_ptr<RandomProgram> make_timer_program();
std::unique_ptr<RandomProgram> make_latch_program();
std::unique_ptr<RandomProgram> make_semaphore_program();
std::unique_ptr<RandomProgram> make_queue_program();
std::unique_ptr<RandomProgram> make_moves_program();
std::unique_ptr<RandomProgram> make_fan_out_program();

}  // namespace model
