// expect: Simulation\(\): every task waits.* asked to stop
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include <coroutine>

namespace {

/// Nothing resumes it, and it ignores stop requests.
mtaio::Task<void> get_lost() { co_await std::suspend_always{}; }

}  // namespace

int main() { mtaio::testing::Simulation{}.run(get_lost()); }
