#include "proof/sweeps/sweep.hpp"

#include "proof/sweeps/tasks.hpp"
#include "support/doing.hpp"
#include "support/stride.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <thread>

namespace sweeps {
namespace {

constexpr std::size_t kMostCalls = 10'000;

std::array<char, 200> doing_text;

[[noreturn]] void say_where() {
  std::fprintf(stderr, "terminate() at: %s\n", doing_text.data());
  std::abort();
}

void fail(const char* complaint) {
  const std::string text = std::string{doing_text.data()} + ": " + complaint;
  FAIL_CHECK(text);
}

const char* name_of(Fault::Kind kind) noexcept {
  switch (kind) {
    case Fault::Kind::kAllocation:
      return "allocation";
    case Fault::Kind::kThread:
      return "thread";
    case Fault::Kind::kUserCode:
      return "call of user code";
    case Fault::Kind::kNone:
      break;
  }
  return "nothing";
}

/// Whether `error` is what the fault makes, as it is or as the cause of ExecutionErrors.
bool is_made_by(Fault::Kind kind, const std::exception_ptr& error) {
  const std::exception_ptr root = root_of(error);
  switch (kind) {
    case Fault::Kind::kAllocation:
      return as<std::bad_alloc>(root) != nullptr;
    case Fault::Kind::kThread: {
      const auto* failure = as<std::system_error>(root);
      return failure && failure->code() == std::errc::resource_unavailable_try_again;
    }
    case Fault::Kind::kUserCode:
      return as<Planted>(root) != nullptr;
    case Fault::Kind::kNone:
      break;
  }
  return false;
}

/// The first complaint counts.
void complain(Attempt& attempt, const char* what, const char* more = "") {
  if (!attempt.all_well()) return;
  std::snprintf(attempt.complaint.data(), attempt.complaint.size(), "%s%s", what, more);
}

void complain_unless_zero(Attempt& attempt, long count, const char* what) {
  if (count == 0 || !attempt.all_well()) return;
  std::snprintf(attempt.complaint.data(), attempt.complaint.size(), "%s: %ld", what, count);
}

void complain_of(Attempt& attempt, const char* who, const std::exception_ptr& error) {
  const auto* exception = as<std::exception>(error);
  const auto* cancelled = as<mtaio::CancelledError>(error);
  complain(attempt, who,
           exception   ? exception->what()
           : cancelled ? cancelled->what()
                       : "something else");
}

std::exception_ptr run_armed(const Scenario& scenario, World& world, const Fault& fault,
                             Attempt& attempt) {
  std::exception_ptr error;
  const Armed armed{fault};
  try {
    if (scenario.task) {
      world.runtime.run(scenario.task(world));
    } else {
      scenario.function(world);
    }
  } catch (...) {
    error = std::current_exception();
  }
  attempt.failures = armed.failures();
  attempt.done_without = armed.done_without();
  return error;
}

/// Whether a failure has to be reported. Of memory and threads the library may make do with
/// less where it starts threads; user code is the user's.
bool must_be_reported(const Scenario& scenario, std::size_t threads, Fault::Kind kind) {
  if (scenario.may_overlook) return false;
  return kind == Fault::Kind::kUserCode || (threads == 1 && !scenario.starts_threads);
}

void judge(const Scenario& scenario, std::size_t threads, const Fault& fault,
           const std::exception_ptr& error, Attempt& attempt) {
  attempt.reported = error != nullptr;
  if (error) {
    if (attempt.failures == 0 || !is_made_by(fault.kind, error)) {
      complain_of(attempt, "the scenario threw: ", error);
    }
  } else if (attempt.failures > attempt.done_without &&
             must_be_reported(scenario, threads, fault.kind)) {
    complain(attempt, "nobody heard of the failure");
  }
}

void run_in_a_world(const Scenario& scenario, std::size_t threads, const Fault& fault,
                    Attempt& attempt) {
  mtaio::Runtime runtime{{.threads = threads}};
  World world{runtime};
  judge(scenario, threads, fault, run_armed(scenario, world, fault, attempt), attempt);
  complain_unless_zero(attempt, world.places, "local variables left by the scenario");
  try {
    runtime.run(probe(world));
  } catch (...) {
    complain_of(attempt, "afterwards, the probe threw: ", std::current_exception());
  }
  complain_unless_zero(attempt, world.places, "local variables left by the probe");
  complain_unless_zero(attempt, world.disorders, "destroyed before what was inside");
}

}  // namespace

Attempt attempt(const Scenario& scenario, std::size_t threads, const Fault& fault) {
  Attempt attempt;
  const std::size_t before = live_allocations();
  const int alive = Item::alive() + SafeItem::alive();
  std::thread{[&] { run_in_a_world(scenario, threads, fault, attempt); }}.join();
  const auto leaked = static_cast<long>(live_allocations()) - static_cast<long>(before);
  complain_unless_zero(attempt, leaked, "allocations leaked");
  complain_unless_zero(attempt, Item::alive() + SafeItem::alive() - alive, "items left");
  return attempt;
}

void sweep(const Scenario& scenario, std::size_t threads, Fault::Kind kind, bool and_all_after,
           Totals& totals) {
  // With a stride, each sweep of a scenario begins elsewhere, so that together they meet many
  // calls.
  const std::size_t first = 2 * threads + (and_all_after ? 1 : 0);
  Fault fault{.kind = kind, .call = 1 + first % test::stride(), .and_all_after = and_all_after};
  for (; fault.call <= kMostCalls; fault.call += test::stride()) {
    std::snprintf(doing_text.data(), doing_text.size(), "%s, %zu threads, %s %zu%s fails",
                  scenario.name, threads, name_of(kind), fault.call,
                  and_all_after ? " and all after it" : "");
    const Attempt tried = attempt(scenario, threads, fault);
    if (!tried.all_well()) fail(tried.complaint.data());
    if (tried.failures == 0) return;
    ++totals.attempts;
    totals.failures += tried.failures;
    totals.reported += tried.reported ? 1 : 0;
    if (!tried.all_well()) return;
  }
  fail("there is no end to it");
}

Totals sweep_all(Fault::Kind kind) {
  const std::terminate_handler before = std::set_terminate(&say_where);
  test::doing = doing_text.data();
  Totals totals;
  for (const Scenario& scenario : scenarios()) {
    ++totals.scenarios;
    for (const std::size_t threads : {1U, 2U}) {
      for (const bool and_all_after : {false, true}) {
        sweep(scenario, threads, kind, and_all_after, totals);
      }
    }
  }
  test::doing = nullptr;
  std::set_terminate(before);
  return totals;
}

}  // namespace sweeps
