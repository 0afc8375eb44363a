#include <mtaio/interleave/check.hpp>

#include "interleave/check_run.hpp"
#include "interleave/engine.hpp"
#include "interleave/world.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace mtaio::testing::interleave {

namespace state {
constinit bool program_runs = false;
constinit const void* checking_thread = nullptr;
}  // namespace state

constinit Engine* running = nullptr;

namespace {

/// What `set_host()` was called with.
Host the_host;

void refuse_in_program(Site site) {
  if (active()) fail(FailureKind::kMisuse, "a program that is checked begins a check", site);
}

}  // namespace

void set_host(const Host& host) noexcept { the_host = host; }

std::string_view to_string(FailureKind kind) noexcept {
  constexpr std::array<std::string_view, 11> kNames{
      "failed assertion", "terminated", "data race", "use after free",
      "out of bounds",    "bad free",   "leak",      "lost wake-up",
      "deadlock",         "livelock",   "misuse"};
  return kNames[static_cast<std::size_t>(kind)];
}

Report check(const std::function<void()>& program, const Options& options) {
  refuse_in_program(__builtin_return_address(0));
  Check check{options, the_host};
  return check.run(program,
                   [](const Ending& ending) { return ending.result != Ending::Result::kFailed; });
}

std::set<std::string> outcomes(const std::function<std::string()>& program,
                               const Options& options) {
  refuse_in_program(__builtin_return_address(0));
  std::set<std::string> seen;
  std::string outcome;
  Check check{options, the_host};
  check.run(
      [&] {
        // The string is the program's, and ends with the execution.
        const std::string returned = program();
        const InEngine in_engine;
        outcome.assign(returned.data(), returned.size());
      },
      [&](const Ending& ending) {
        seen.insert(ending.result == Ending::Result::kFailed
                        ? "failure: " + std::string{to_string(ending.kind)}
                        : outcome);
        return true;
      });
  return seen;
}

void fail(FailureKind kind, std::string_view what, Site site) noexcept {
  const InEngine in_engine;
  running->execution.fail(kind, std::string{what}, site);
}

void require(bool condition, const char* what, std::source_location where) {
  if (condition) return;
  if (active()) {
    const InEngine in_engine;
    running->execution.fail(
        FailureKind::kAssertion,
        std::string{what} + " (" + where.file_name() + ':' + std::to_string(where.line()) + ')',
        nullptr);
  }
  static_cast<void>(std::fprintf(stderr, "require(%s): not so, at %s:%u\n", what, where.file_name(),
                                 where.line()));
  std::abort();
}

void note(std::string_view line) {
  if (!active()) return;
  const InEngine in_engine;
  running->execution.story.add_note(running->execution.step_number(), running->execution.current(),
                                    line);
}

}  // namespace mtaio::testing::interleave
