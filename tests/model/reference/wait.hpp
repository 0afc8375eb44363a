/// Those who wait, as the models see them.
#pragma once

#include <mtaio/testing/simulation.hpp>

#include "model/explore/check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace model {

using Time = std::chrono::nanoseconds;  // since the simulation began
inline constexpr Time kNever = Time::max();

/// How many tasks there are that share an object.
inline constexpr std::size_t kActors = 4;

/// What ends a wait.
enum class End : std::uint8_t { kNone, kServed, kTimedOut, kCancelled, kShutDown, kFailed };

struct Line;

/// What one actor waits for now, and what should come of it.
struct Wait {
  bool pending = false;  // begun, and the actor has not gone on
  bool waits = false;    // the actor is suspended, or about to be
  bool stopped = false;  // it was asked to stop: it waits for nothing any more
  End end = End::kNone;  // what the model says has ended it
  int item = 0;          // what it brings, or was given
  double priority = 0;   // of that
  bool made = false;     // that is in a node of the queue already
  Time deadline = kNever;
  Time ended{};          // when
  Line* line = nullptr;  // where it stands
};

/// A line of waits: first come, first served.
struct Line {
  std::array<Wait*, kActors> waits{};
  std::size_t count = 0;

  [[nodiscard]] bool empty() const noexcept { return count == 0; }
  void add(Wait& wait) noexcept {
    waits[count++] = &wait;
    wait.line = this;
  }
  void remove(Wait& wait) noexcept {
    auto* const end = std::remove(waits.begin(), waits.begin() + count, &wait);
    count = static_cast<std::size_t>(end - waits.begin());
    wait.line = nullptr;
  }
  Wait* take_first() noexcept {
    if (count == 0) return nullptr;
    Wait* first = waits.front();
    remove(*first);
    return first;
  }
};

/// The waits of all actors. An operation of an actor is begun here, decided by the model, done with
/// the library, and then what came of it is compared: no other actor runs in between, unless the
/// library suspends the actor.
class Waits {
 public:
  Waits(const mtaio::testing::Simulation& simulation, Time max_lag) noexcept
      : simulation_{simulation}, max_lag_{max_lag} {}

  void reset() noexcept { waits_.fill(Wait{}); }
  Wait& operator[](std::size_t actor) noexcept { return waits_[actor]; }

  /// The actor does something that may make it wait, until `deadline` at most.
  Wait& begin(std::size_t actor, Time deadline = kNever) noexcept;
  /// The model cannot serve the wait now: in which line it stands, null for one of its own.
  void enter(Wait& wait, Line* line) noexcept;
  void end(Wait& wait, End how) noexcept;
  /// A request to stop has reached the actor.
  void stop(std::size_t actor) noexcept;
  /// The library has let the actor go on.
  void went_on(std::size_t actor, End how) noexcept;
  /// A step is over.
  void after(mtaio::testing::Step step) noexcept;

 private:
  const mtaio::testing::Simulation& simulation_;
  Time max_lag_;
  std::array<Wait, kActors> waits_;
};

}  // namespace model
