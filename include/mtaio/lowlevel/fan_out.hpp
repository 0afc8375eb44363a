/// Many children, one parent: what `gather` and `map` are.
///
/// A fan-out is one object in the parent's frame and one entry in a worker's deque, however many
/// children it has. The entry means "there may be children left to start". Whoever holds it, and
/// there is one at a time, may start the next child; the others cannot, so creating children and
/// advancing the range need no lock.
///
///   - The parent goes straight into the first child, leaving the entry at the bottom of its
///     worker's deque.
///   - A child that ends looks there. If the entry is still there, nobody else has touched the
///     fan-out: the next child takes over its place without any counting.
///   - A thief that takes the entry starts the next child, and leaves the entry in its own deque.
///   - A child that suspends leaves its worker to find the entry and start the next child.
///   - When the limit is reached the entry is parked; the next child to end takes it from there.
///   - The last child to end, once there are none left to start, resumes the parent.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/lock.hpp>
#include <mtaio/lowlevel/promise.hpp>
#include <mtaio/lowlevel/timed_context.hpp>
#include <mtaio/options.hpp>
#include <mtaio/progress.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

namespace mtaio::lowlevel {

class [[gnu::visibility("default")]] FanOut : public Job {
 public:
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

 protected:
  /// `collects_errors`: a child that fails is a result like any other (return_exceptions).
  FanOut(const GatherOptions& options, bool collects_errors) noexcept;
  ~FanOut();

  /// The parent has been suspended. Returns what is to be resumed. Throws `std::logic_error`
  /// outside a runtime.
  std::coroutine_handle<> begin(std::coroutine_handle<> parent, TaskContext* context);
  /// A child has ended, and what it left has been put away. Returns what is to be resumed.
  std::coroutine_handle<> child_ended() noexcept;

  /// The child at `index` failed. Before child_ended().
  void child_failed(std::size_t index, const std::exception_ptr& error) noexcept;

  /// The parent goes on: throws what the call throws, if it does. `total`: how many tasks there
  /// were, if that is known.
  void finish(std::optional<std::size_t> total);

  [[nodiscard]] TaskContext* children_context() noexcept { return &*context_; }
  [[nodiscard]] const GatherOptions& options() const noexcept { return options_; }
  [[nodiscard]] bool collects_errors() const noexcept { return collects_errors_; }
  /// How many children have been started. Touched by the holder of the entry only.
  [[nodiscard]] std::size_t started() const noexcept { return started_; }
  void set_total(std::size_t total) noexcept;

 private:
  // What the derived class does, always as the holder of the entry.

  /// The next child, ready to be entered; null when there are none left. May throw: that is the
  /// failure of this child.
  virtual std::coroutine_handle<> next_child() = 0;
  /// The next child could not be made: keeps the error as its result. Only if collects_errors().
  /// May throw.
  virtual void keep_error(const std::exception_ptr& error) = 0;
  /// Whether there are certainly none left. `false` if only next_child() can tell.
  [[nodiscard]] virtual bool exhausted() const noexcept = 0;

  // The state: how many children live, and two flags. Where neither is set, somebody holds the
  // entry, or it is in a deque.
  static constexpr std::uint64_t kParked = std::uint64_t{1}
                                           << 63U;  // in nobody's hands: the limit is reached
  static constexpr std::uint64_t kNoMore = std::uint64_t{1} << 62U;  // there is no entry any more
  static constexpr std::uint64_t kLive = kNoMore - 1;

  static std::coroutine_handle<> run(Job& job) noexcept;
  std::coroutine_handle<> start_next() noexcept;
  std::coroutine_handle<> start_next_in_turn() noexcept;
  [[nodiscard]] Worker* worker_here() const noexcept;
  std::coroutine_handle<> make_child() noexcept;
  void offer_entry() noexcept;
  std::coroutine_handle<> no_more() noexcept;
  [[nodiscard]] bool halted() noexcept;
  [[nodiscard]] bool caller_stop_requested() const noexcept;
  void halt() noexcept;
  void count(Progress::Counter Progress::* counter) const noexcept;

  GatherOptions options_;
  const bool collects_errors_;
  std::atomic<bool> halted_{false};  // no further child starts: one failed
  std::atomic<std::uint64_t> state_{0};
  std::coroutine_handle<> parent_;
  Scheduler* scheduler_ = nullptr;
  TaskContext* parent_context_ = nullptr;
  std::optional<TimedContext> context_;
  std::size_t started_ = 0;  // holder of the entry only
  bool cut_short_ = false;   // the same: children were left out because of a stop request
  Lock failures_lock_;       // guards the next four
  std::vector<ExecutionError::Failure> failures_;
  std::size_t first_index_ = 0;
  std::exception_ptr first_error_;
  bool cancelled_ =
      false;  // a child ended with CancelledError, or the caller was asked to stop first
};

}  // namespace mtaio::lowlevel
