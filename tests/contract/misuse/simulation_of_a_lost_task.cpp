// expect: Simulation\(\): every task waits.* asked to stop
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include <coroutine>

namespace {

/// Nobody resumes it, and it listens to nobody.
mtaio::Task<void> get_lost() { co_await std::suspend_always{}; }

}  // namespace

int main() { mtaio::testing::Simulation{}.run(get_lost()); }
