/// Every allocation, every thread and every call of user code fails in turn, in every scenario.
#include "proof/sweeps/sweep.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using sweeps::Fault;
using sweeps::Totals;

void say(const Totals& totals, const std::string& what) {
  MESSAGE(totals.scenarios << " scenarios, " << totals.attempts << " attempts with "
                           << totals.failures << " " << what << " that failed, " << totals.reported
                           << " of them reported to the caller");
}

TEST_CASE(
    "sweep: whichever allocation fails, the failure is reported to the caller and nothing is "
    "lost") {
  const Totals totals = sweeps::sweep_all(Fault::Kind::kAllocation);
  say(totals, "allocations");
  CHECK(totals.reported > totals.scenarios);
}

TEST_CASE("sweep: whichever thread cannot be started, nothing hangs and nothing is lost") {
  const Totals totals = sweeps::sweep_all(Fault::Kind::kThread);
  say(totals, "threads");
  CHECK(totals.reported > 0);
}

TEST_CASE("sweep: whichever call of user code throws, the caller gets that exception") {
  const Totals totals = sweeps::sweep_all(Fault::Kind::kUserCode);
  say(totals, "calls of user code");
  CHECK(totals.reported > totals.scenarios);
}

}  // namespace
