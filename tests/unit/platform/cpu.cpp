/// The cores that a thread may run on.
#include "platform/cpu.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <thread>

namespace {

cpu_set_t allowed_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  CHECK(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  return allowed;
}

void stay_on(int core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(core), &one);
  CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
}

/// In a thread of its own, which may change on which cores it runs.
template <class Function>
void in_thread(Function function) {
  std::thread{function}.join();
}

TEST_CASE("cores: a process may use those that it may run on") {
  const cpu_set_t allowed = allowed_cores();
  CHECK(mtaio::platform::usable_cores() == static_cast<std::size_t>(CPU_COUNT(&allowed)));
  in_thread([] {
    stay_on(sched_getcpu());
    CHECK(mtaio::platform::usable_cores() == 1);
  });
}

TEST_CASE("cores: a thread gets off its core, and may run on all cores afterwards") {
  in_thread([] {
    const cpu_set_t before = allowed_cores();
    bool got_off = CPU_COUNT(&before) == 1;
    // It may have been brought back before it looks.
    for (int i = 0; i < 1000 && !got_off; ++i) {
      const int core = sched_getcpu();
      mtaio::platform::get_off_core(core);
      got_off = sched_getcpu() != core;
    }
    CHECK(got_off);
    const cpu_set_t after = allowed_cores();
    CHECK(CPU_EQUAL(&before, &after));
  });
}

TEST_CASE("cores: a thread that may run on one core only stays there") {
  in_thread([] {
    const int core = sched_getcpu();
    stay_on(core);
    mtaio::platform::get_off_core(core);
    mtaio::platform::get_off_core(-1);
    CHECK(sched_getcpu() == core);
    const cpu_set_t after = allowed_cores();
    CHECK(CPU_COUNT(&after) == 1);
  });
}

}  // namespace
