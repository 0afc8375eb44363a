/// What a `StopCallback` may do: it is user code, and no lock of the library is held while it runs.
#include <mtaio/core.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <utility>

using namespace std::chrono_literals;
using test::outcome_of;
using test::threw;
using test::with_threads;

namespace {

mtaio::Task<void> wait_until_stopped(int& stopped) {
  try {
    co_await mtaio::sleep(1h);
  } catch (const mtaio::CancelledError&) {
    ++stopped;
    throw;
  }
}

}  // namespace

TEST_CASE("StopCallback: may destroy an executor, which waits for its tasks") {
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      std::optional<mtaio::TaskExecutor> inner;
      inner.emplace();
      int stopped = 0;
      const auto handle = inner->create_task(wait_until_stopped(stopped));
      const auto destroy_when_stopped =
          [](std::optional<mtaio::TaskExecutor>& which) -> mtaio::Task<void> {
        const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
        const mtaio::StopCallback callback{token, [&which] { which.reset(); }};
        co_await mtaio::sleep(1h);
      };

      const auto outcome =
          co_await outcome_of(executor.run(destroy_when_stopped(inner), {.timeout = 2ms}));

      CHECK(threw<mtaio::TimeoutError>(outcome));
      CHECK_FALSE(inner.has_value());
      CHECK(stopped == 1);
    });
  }
}

TEST_CASE("StopCallback: may stop other tasks, create callbacks and remove them") {
  with_threads(1, []() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    int stopped = 0;
    auto other = executor.create_task(wait_until_stopped(stopped));
    const auto stop_other = [](mtaio::TaskHandle<void>& which, int& called) -> mtaio::Task<void> {
      const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
      using Removed = mtaio::StopCallback<void (*)()>;
      std::optional<Removed> removed;
      const mtaio::StopCallback first{token, [&] {
                                        ++called;
                                        removed.reset();
                                        which.request_stop();
                                        const mtaio::StopCallback nested{token,
                                                                         [&called] { ++called; }};
                                      }};
      removed.emplace(token, [] { FAIL("it was removed before"); });
      co_await mtaio::sleep(1h);
    };
    int called = 0;
    auto handle = executor.create_task(stop_other(other, called));
    co_await mtaio::sleep(0s);

    handle.request_stop();
    const auto outcome = co_await outcome_of(std::move(handle));
    const auto others = co_await outcome_of(std::move(other));

    CHECK(threw<mtaio::CancelledError>(outcome));
    CHECK(threw<mtaio::CancelledError>(others));
    CHECK(called == 2);
    CHECK(stopped == 1);
  });
}
