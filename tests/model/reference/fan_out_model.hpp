/// What run, gather and map should do.
#pragma once

#include "model/reference/scope_model.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <vector>

namespace model {

/// What a task ended with, or a call.
enum class Ended : std::uint8_t { kNot, kValue, kError, kTimedOut, kCancelled };

struct Child {
  Ended ended = Ended::kNot;
  int value = 0;
  std::exception_ptr error;    // that it threw itself; null for one of the library's
  std::exception_ptr failure;  // what is told of it among the failures of the call; the same
};

/// What is told of an error that a task ended with while it was being stopped; null: nothing.
[[nodiscard]] std::exception_ptr while_stopping(const std::exception_ptr& error) noexcept;
/// The error, or its cause where the library does not wrap it again.
[[nodiscard]] std::exception_ptr without_wrapping(const std::exception_ptr& error) noexcept;

/// One call of run, gather or map.
struct Call {
  // What was asked for.
  bool is_run = false;   // of one task
  std::size_t size = 0;  // how many elements there are
  bool sized = true;     // and the library can tell
  std::size_t limit = 0;
  bool collects = false;  // return_exceptions
  bool times_out_at_once = false;
  int outer_scope = -1;
  int scope = -1;

  // What has become of it.
  bool open = true;
  std::size_t started = 0;
  std::size_t started_in_a_row = 0;  // in this step
  std::size_t live = 0;
  std::size_t failed = 0;
  bool range_ended = false;  // it is known that there are no more elements
  bool total_known = false;
  bool halted = false;  // a failure keeps further children from starting
  bool cancelled = false;
  bool has_failed = false;
  std::vector<std::size_t> failures;  // in order of time; the first is the cause. Also while it was
                                      // being stopped
  std::vector<Child> children;
};

/// The rules of calls. See docs/task_executor.md.
class FanOutModel {
 public:
  explicit FanOutModel(ScopeModel& scopes) noexcept : scopes_{scopes} {}

  /// A child starts: its function is called, or its first line runs.
  void check_may_start(Call& call) noexcept;
  void started(Call& call, std::size_t index) noexcept;
  /// It is about to end; its scope, if it has one of its own, is closed.
  void ended(Call& call, std::size_t index, Ended how) noexcept;
  /// It could not be made.
  void not_made(Call& call, const std::exception_ptr& error);
  /// The range has no more elements.
  void range_ended(Call& call) noexcept;

  /// The caller goes on: how the call should have ended. The scope is closed by this.
  [[nodiscard]] Ended result(Call& call, Ended found) noexcept;

  /// Nothing runs any more: whether the call should.
  void check_rest(const Call& call) const noexcept;

 private:
  void failed(Call& call, std::size_t index, Ended how) noexcept;

  ScopeModel& scopes_;
};

}  // namespace model
