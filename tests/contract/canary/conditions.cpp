#include <mtaio/core.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>

// Awaiting in the condition of an if, a loop or a switch, in a coroutine that has no variable of
// its own. GCC before 13 misplaces the frame of such a coroutine; the library notices that and
// aborts. Each shape runs in a process of its own. A compiler that is mended is noticed here, too:
// then kMisplacesConditions (mtaio/base/compiler.hpp) and docs/compilers.md are to be changed.

namespace {

using namespace std::chrono_literals;

int things_done = 0;

mtaio::Task<bool> fewer_done_than(int count) {
  co_await mtaio::sleep(0s);
  co_return things_done < count;
}
mtaio::Task<int> done() {
  co_await mtaio::sleep(0s);
  co_return things_done;
}
mtaio::Task<std::optional<int>> next_below(int count) {
  co_await mtaio::sleep(0s);
  if (things_done < count) co_return things_done;
  co_return std::nullopt;
}

// Each does one thing, or three in a loop.
mtaio::Task<void> one_if() {
  if (co_await fewer_done_than(1)) ++things_done;
}
mtaio::Task<void> one_if_not() {
  if (!co_await fewer_done_than(0)) ++things_done;
}
mtaio::Task<void> one_if_both() {
  if (co_await fewer_done_than(1) && co_await fewer_done_than(2)) ++things_done;
}
mtaio::Task<void> one_switch() {
  switch (co_await done()) {
    case 0:
      ++things_done;
      break;
    default:
      break;
  }
}
mtaio::Task<void> three_while() {
  while (co_await fewer_done_than(3)) ++things_done;
}
mtaio::Task<void> three_while_next() {
  while (co_await next_below(3)) ++things_done;
}
mtaio::Task<void> three_do() {
  do ++things_done;
  while (co_await fewer_done_than(3));
}
mtaio::Task<void> three_for() {
  for (; co_await fewer_done_than(3);) ++things_done;
}
// What is to be written instead.
mtaio::Task<void> three_with_a_name() {
  while (const auto next = co_await next_below(3)) things_done = *next + 1;
}
mtaio::Task<void> one_with_a_name() {
  const bool none = co_await fewer_done_than(1);
  if (none) ++things_done;
}

/// How a process ends that runs `shape`: 0 if that does `count` things, a signal if it was killed.
int end_of(mtaio::Task<void> (*shape)(), int count) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(SIGABRT, SIG_DFL);
    ::signal(SIGALRM, SIG_DFL);
    ::alarm(10);  // it may hang
    ::close(STDERR_FILENO);
    mtaio::run(shape(), {.threads = 1});
    ::_exit(things_done == count ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr int kExpected = mtaio::internal::kMisplacesConditions ? SIGABRT : 0;

TEST_CASE("canary: awaiting for a condition, without a variable, works or is noticed") {
  CHECK(end_of(one_if, 1) == kExpected);
  CHECK(end_of(one_if_not, 1) == kExpected);
  CHECK(end_of(one_if_both, 1) == kExpected);
  CHECK(end_of(one_switch, 1) == kExpected);
  CHECK(end_of(three_while, 3) == kExpected);
  CHECK(end_of(three_while_next, 3) == kExpected);
  CHECK(end_of(three_do, 3) == kExpected);
  CHECK(end_of(three_for, 3) == kExpected);
}

TEST_CASE("canary: awaiting for a condition that has a name works") {
  CHECK(end_of(three_with_a_name, 3) == 0);
  CHECK(end_of(one_with_a_name, 1) == 0);
}

}  // namespace
