/// Trees of tasks that are very deep: what it takes to stop one, or to have it fail, grows with the
/// depth and not with its square.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <limits>
#include <stdexcept>
#include <stop_token>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::nothing;
using test::outcome_of;
using test::threw;

namespace {

enum class Ends : unsigned char { kStopped, kFailed };

struct Tree {
  using Level = mtaio::Task<void> (*)(Tree&, int);

  Tree(Level by, Ends how) : level{by}, ends{how} {}

  Level level;
  Ends ends;
  int started = 0;
  mtaio::TaskExecutor executor;
};

/// The task that is `left` levels above the deepest one.
mtaio::Task<void> descend(Tree& tree, int left) {
  ++tree.started;
  if (left > 0) {
    co_await tree.level(tree, left - 1);
  } else if (tree.ends == Ends::kFailed) {
    throw std::runtime_error{"the deepest"};
  } else {
    co_await mtaio::sleep(1h);
  }
}

mtaio::Task<void> by_await(Tree& tree, int left) { co_await descend(tree, left); }
mtaio::Task<void> by_run(Tree& tree, int left) { co_await tree.executor.run(descend(tree, left)); }
mtaio::Task<void> by_timed_run(Tree& tree, int left) {
  co_await tree.executor.run(descend(tree, left), {.timeout = 1h});
}
mtaio::Task<void> by_gather(Tree& tree, int left) {
  co_await tree.executor.gather(descend(tree, left));
}
mtaio::Task<void> by_gather_of_range(Tree& tree, int left) {
  std::vector<mtaio::Task<void>> tasks;
  tasks.push_back(descend(tree, left));
  co_await tree.executor.gather(std::move(tasks));
}
mtaio::Task<void> sleep_long() { co_await mtaio::sleep(1h); }
mtaio::Task<void> by_gather_with_a_sibling(Tree& tree, int left) {
  co_await tree.executor.gather(sleep_long(), descend(tree, left));
}
mtaio::Task<void> by_gather_of_outcomes(Tree& tree, int left) {
  co_await tree.executor.gather(mtaio::return_exceptions, descend(tree, left));
}
mtaio::Task<void> by_gather_beside_a_handle(Tree& tree, int left) {
  auto other = tree.executor.create_task(nothing());
  co_await tree.executor.gather(other, descend(tree, left));
}
mtaio::Task<void> by_stop_token(Tree& tree, int left) {
  const std::stop_source source;
  co_await mtaio::with_stop_token(source.get_token(), descend(tree, left));
}
mtaio::Task<void> by_created_task(Tree& tree, int left) {
  co_await tree.executor.create_task(descend(tree, left));
}

/// The processor time from the request, or the failure, to the end of the whole tree.
mtaio::Task<double> time_to_end(Tree::Level level, Ends ends, int depth) {
  Tree tree{level, ends};
  std::clock_t begin = std::clock();
  auto top = tree.executor.create_task(descend(tree, depth));
  if (ends == Ends::kStopped) {
    while (tree.started <= depth) co_await mtaio::sleep(0s);
    begin = std::clock();
    top.request_stop();
    co_await tree.executor.cancel_all();  // created tasks are not below one another
  }
  const auto outcome = co_await outcome_of(std::move(top));
  const auto end = std::clock();
  CHECK(tree.started == depth + 1);
  CHECK(outcome.has_value() == (level == &by_gather_of_outcomes && ends == Ends::kFailed));
  CHECK(threw<mtaio::CancelledError>(outcome) == (ends == Ends::kStopped));
  co_return static_cast<double>(end - begin);
}

constexpr int kShallow = 2'000;
constexpr int kTimesDeeper = 16;
constexpr int kMostTimesLonger = 60;  // the square would be 256

/// Whether the time grows with the depth. The quickest of some rounds, because others use the
/// machine too.
void check_linear(Tree::Level level, Ends ends) {
  double shallow = std::numeric_limits<double>::max();
  double deep = std::numeric_limits<double>::max();
  for (int round = 0; round < 5; ++round) {
    const auto time = [&](int depth) {
      return mtaio::run(time_to_end(level, ends, depth), {.threads = 1});
    };
    shallow = std::min(shallow, time(kShallow));
    deep = std::min(deep, time(kShallow * kTimesDeeper));
    if (deep < kMostTimesLonger * shallow) break;
  }
  CHECK(deep < kMostTimesLonger * shallow);
}

constexpr std::array kLevels{&by_await,
                             &by_run,
                             &by_timed_run,
                             &by_gather,
                             &by_gather_of_range,
                             &by_gather_with_a_sibling,
                             &by_gather_of_outcomes,
                             &by_gather_beside_a_handle,
                             &by_stop_token,
                             &by_created_task};

}  // namespace

TEST_CASE("deep trees: stopping one takes time that grows with its depth, not with the square") {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    CAPTURE(i);
    check_linear(kLevels.at(i), Ends::kStopped);
  }
}

TEST_CASE(
    "deep trees: a failure that passes up through one takes time that grows with its depth, not "
    "with the square") {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    CAPTURE(i);
    check_linear(kLevels.at(i), Ends::kFailed);
  }
}
