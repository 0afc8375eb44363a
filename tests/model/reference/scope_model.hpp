/// How requests to stop should travel, and deadlines pass.
#pragma once

#include <mtaio/testing/simulation.hpp>

#include "model/explore/check.hpp"
#include "model/reference/wait.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace model {

/// A tree of scopes of cancellation, and the waits of tasks in them.
///
/// A scope knows of a request to one above it only if somebody has waited in it, and its deadline
/// counts by itself only then; whoever asks looks further. `noticed` says whether anybody in the
/// scope has come to know that it was to stop; a deadline that nobody has noticed has changed
/// nothing.
class ScopeModel {
 public:
  enum class Maybe : std::uint8_t { kNo, kMaybe, kYes };

  struct Scope {
    int parent = -1;
    Time deadline = kNever;
    Time armed_since{};
    bool open = true;
    bool attached = false;
    bool stopped = false;
    bool expired = false;  // that is why
    bool watched = false;  // somebody tells us the moment that it is asked to stop
    int stopped_as = 0;    // the how manieth it was to be stopped; 0: it was not
    Maybe noticed = Maybe::kNo;
  };

  /// A task that waits.
  struct Sleeper {
    int scope = -1;
    bool pending = false;
    bool in_thread = false;  // for a function
    End end = End::kNone;
    Time deadline = kNever;
    Time ended{};
  };

  ScopeModel(const mtaio::testing::Simulation& simulation, Time max_lag) noexcept
      : simulation_{simulation}, max_lag_{max_lag} {}

  void reset() noexcept {
    stopped_ = 0;
    scopes_.clear();
    sleepers_.clear();
  }

  // Scopes.

  int open(int parent, Time deadline = kNever) {
    Scope scope;
    scope.parent = parent;
    scope.deadline = deadline;
    scopes_.push_back(scope);
    return static_cast<int>(scopes_.size()) - 1;
  }
  Scope& operator[](int scope) noexcept { return scopes_[static_cast<std::size_t>(scope)]; }
  /// Whether it, or one above, will stop by itself.
  [[nodiscard]] bool has_deadline(int scope) const noexcept;
  void close(int scope) noexcept { (*this)[scope].open = false; }

  void stop(int scope) noexcept;
  /// Whether this one or one above was asked to stop; a deadline that has passed counts.
  bool stop_requested(int scope) noexcept;
  /// The same; and if so, it is noticed.
  bool notice_if_requested(int scope) noexcept;
  /// Noted up to the first scope where it had been noted before: a request that came to one above
  /// since then has not been noticed here, where everything had been stopped already.
  void notice(int scope, Maybe how = Maybe::kYes) noexcept;
  /// The same, at some moment since this one was stopped, or one above it: those that were stopped
  /// later have perhaps not been noticed.
  void notice_in_between(int scope) noexcept;
  /// Perhaps the request to this scope had been noticed before it was seen: then requests that came
  /// later to those above have not been noticed by what was stopped here.
  void doubt_later(int scope) noexcept;
  /// Somebody waits in the scope.
  void attach(int scope) noexcept;
  /// Whether it would be known what stops those who wait here now: a scope whose deadline has
  /// passed unseen arms its timer late, and which of several that are due fires first is left to
  /// chance.
  [[nodiscard]] bool tells_timers_apart(int scope) const noexcept;
  /// A watched scope has been asked to stop.
  void was_stopped(int scope) noexcept;

  // Waits.

  /// A task in `scope` waits; which one it is, for `went_on()`. Asked to stop it does not wait.
  int begin_wait(int scope, Time deadline, bool in_thread = false);
  Sleeper& sleeper(int index) noexcept { return sleepers_[static_cast<std::size_t>(index)]; }
  /// What it waits for has come.
  void serve(int sleeper) noexcept { end(this->sleeper(sleeper), End::kServed); }
  void went_on(int sleeper, End how) noexcept;

  /// A step is over.
  void after(mtaio::testing::Step step) noexcept;

 private:
  void expire(int scope) noexcept;
  template <class How>
  void note_upwards(int scope, How how) noexcept;
  void end(Sleeper& sleeper, End how) noexcept {
    sleeper.end = how;
    sleeper.ended = simulation_.elapsed();
  }

  const mtaio::testing::Simulation& simulation_;
  Time max_lag_;
  int stopped_ = 0;  // how many scopes have been
  std::vector<Scope> scopes_;
  std::vector<Sleeper> sleepers_;
};

}  // namespace model
