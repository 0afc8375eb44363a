/// The core of the queues, used by what is no coroutine: putters that follow with their items, and
/// getters that may put back what they were given.
#include <mtaio/queue/core.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/task.hpp>

#include "support/idle_scheduler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstddef>
#include <vector>

namespace {

using mtaio::internal::FifoStorage;
using mtaio::internal::LifoStorage;
using mtaio::internal::PriorityStorage;
using mtaio::internal::QueueCore;
using mtaio::lowlevel::Job;
using mtaio::lowlevel::Waiter;

/// Runs jobs when it is told to, and does nothing else.
class Loop final : public test::IdleScheduler {
 public:
  void run() noexcept {
    while (Job* job = ready_.pop_front()) (void)job->run();
  }

  void post(Job& job) noexcept override { ready_.push_back(job); }

 private:
  mtaio::lowlevel::IntrusiveList<Job> ready_;
};

/// A waiter of the core that is ready to wait, and says whether it was woken.
template <class Waiting>
struct Woken : Waiting {
  explicit Woken(Loop& loop) noexcept : Waiting{&Woken::woken} { this->prepare(loop); }
  static std::coroutine_handle<> woken(Job& job) noexcept {
    static_cast<Woken&>(job).awake = true;
    return std::noop_coroutine();
  }
  bool awake = false;
};

template <class Storage>
struct Getter final : Woken<typename QueueCore<Storage>::Getter> {
  explicit Getter(Loop& loop) noexcept : Woken<typename QueueCore<Storage>::Getter>{loop} {
    this->may_put_back = true;
  }
};

template <class Storage>
struct Putter final : Woken<typename QueueCore<Storage>::Putter> {
  explicit Putter(Loop& loop) noexcept : Woken<typename QueueCore<Storage>::Putter>{loop} {
    this->wants_permit = true;
  }
  typename Storage::Node& make_node() override {
    FAIL("a putter that brings its item is not asked for it");
    return *this->node;
  }
};

mtaio::Task<void> use_at_will() {
  QueueCore<FifoStorage> core{"Queue", 0, false};
  FifoStorage::Node node;
  for (int i = 0; i < 1'000; ++i) {
    CHECK(core.try_push(node) == QueueCore<FifoStorage>::Push::kStored);
    CHECK(core.try_pop().node == &node);
  }
  CHECK(core.push(node) == QueueCore<FifoStorage>::Push::kStored);
  CHECK_FALSE(core.pop().budget_spent);
  co_return;
}

TEST_CASE("queue core: exactly the operations that wake no waiter are done quietly") {
  QueueCore<FifoStorage> core{"Queue", 2, false};
  FifoStorage::Node first;
  FifoStorage::Node second;
  FifoStorage::Node third;
  CHECK_FALSE(core.push_quietly(first));  // it would need the lock
  core.elide_lock(true);
  CHECK(core.pop_quietly() == nullptr);
  CHECK(core.push_quietly(first));
  CHECK(core.push_quietly(second));
  CHECK_FALSE(core.push_quietly(third));  // it is full
  CHECK(core.stored() == 2);
  CHECK(core.unfinished() == 2);
  core.elide_lock(false);
  CHECK(core.pop_quietly() == nullptr);
  core.elide_lock(true);
  CHECK(core.pop_quietly() == &first);
  CHECK(core.size() == 1);
  core.shutdown(nullptr);
  CHECK_FALSE(core.push_quietly(first));
  CHECK(core.pop_quietly() == &second);
  CHECK(core.pop_quietly() == nullptr);
}

TEST_CASE("queue core: an operation that a waiter waits for is not done quietly") {
  Loop loop;
  QueueCore<FifoStorage> core{"Queue", 1, false};
  core.elide_lock(true);
  FifoStorage::Node node;
  {
    Getter<FifoStorage> getter{loop};
    REQUIRE(core.enlist(getter));
    CHECK_FALSE(core.push_quietly(node));
    CHECK(core.try_push(node) == QueueCore<FifoStorage>::Push::kStored);
    CHECK(getter.node == &node);
    loop.run();
    core.release();
  }
  REQUIRE(core.push_quietly(node));
  Putter<FifoStorage> putter{loop};
  REQUIRE(core.enlist(putter));
  CHECK(core.pop_quietly() == nullptr);
  CHECK(core.try_pop().node == &node);
  loop.run();
  CHECK(putter.awake);
}

TEST_CASE("queue core: a try operation uses up nothing of the turn of its task") {
  mtaio::run(use_at_will(), {.threads = 1});
}

}  // namespace

#define CORE_TEST_CASE(sentence) \
  TEST_CASE_TEMPLATE(sentence, Storage, FifoStorage, LifoStorage, PriorityStorage)

CORE_TEST_CASE("queue core: a putter with its item takes the place when there is room") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  typename Storage::Node node;
  Putter<Storage> putter{loop};

  CHECK_FALSE(core.enlist(putter));

  CHECK(putter.finish() == Waiter::State::kServed);
  CHECK_FALSE(putter.shut_down);
  CHECK(core.looks_full());
  CHECK(core.stored() == 0);
  CHECK(core.send_reserved(node) == QueueCore<Storage>::Push::kStored);
  CHECK(core.size() == 1);
  CHECK(core.stored() == 1);
  CHECK(core.pop().node == &node);
  CHECK(core.size() == 0);
}

CORE_TEST_CASE("queue core: a putter with its item is given the place that a pop makes") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  std::array<typename Storage::Node, 2> nodes;
  Putter<Storage> putter{loop};
  REQUIRE(core.push(nodes[0]) == QueueCore<Storage>::Push::kStored);
  REQUIRE(core.enlist(putter));
  loop.run();
  CHECK_FALSE(putter.awake);

  CHECK(core.pop().node == &nodes[0]);

  CHECK(core.looks_full());
  CHECK_FALSE(putter.awake);
  loop.run();
  CHECK(putter.awake);
  CHECK(putter.finish() == Waiter::State::kServed);
  CHECK(core.send_reserved(nodes[1]) == QueueCore<Storage>::Push::kStored);
  CHECK(core.pop().node == &nodes[1]);
}

CORE_TEST_CASE("queue core: each putter with its item is given a place of its own") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 2, false};
  std::array<typename Storage::Node, 2> nodes;
  Putter<Storage> first{loop};
  Putter<Storage> second{loop};
  Putter<Storage> third{loop};
  for (auto& node : nodes) REQUIRE(core.push(node) == QueueCore<Storage>::Push::kStored);
  for (Putter<Storage>* each : {&first, &second, &third}) REQUIRE(core.enlist(*each));

  core.shutdown(nullptr);
  loop.run();
  for (Putter<Storage>* each : {&first, &second, &third}) {
    CHECK(each->awake);
    CHECK(each->shut_down);
  }
  CHECK(core.size() == 2);
}

CORE_TEST_CASE("queue core: a put that finds room at the second look serves a get that waits") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  std::array<typename Storage::Node, 2> nodes;
  Putter<Storage> putter{loop};
  Getter<Storage> getter{loop};
  REQUIRE(core.push(nodes[0]) == QueueCore<Storage>::Push::kStored);
  REQUIRE(core.push(nodes[1]) == QueueCore<Storage>::Push::kFull);
  REQUIRE(core.pop().node == &nodes[0]);
  REQUIRE(core.enlist(getter));

  putter.wants_permit = false;
  putter.node = &nodes[1];
  CHECK_FALSE(core.enlist(putter));

  CHECK(putter.finish() == Waiter::State::kServed);
  loop.run();
  CHECK(getter.awake);
  CHECK(getter.node == &nodes[1]);
}

CORE_TEST_CASE("queue core: a get that finds an item at the second look lets in a put that waits") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  typename Storage::Node node;
  Putter<Storage> putter{loop};
  Getter<Storage> getter{loop};
  REQUIRE(core.push(node) == QueueCore<Storage>::Push::kStored);
  REQUIRE(core.enlist(putter));

  getter.may_put_back = false;
  CHECK_FALSE(core.enlist(getter));

  CHECK(getter.finish() == Waiter::State::kServed);
  CHECK(getter.node == &node);
  loop.run();
  CHECK(putter.awake);
  CHECK(core.size() == 1);
}

CORE_TEST_CASE("queue core: a permit that is released goes to the next putter") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  typename Storage::Node node;
  Putter<Storage> first{loop};
  Putter<Storage> second{loop};
  REQUIRE_FALSE(core.enlist(first));
  REQUIRE(core.enlist(second));

  core.release();

  loop.run();
  CHECK(second.awake);
  CHECK(core.size() == 1);
  CHECK(core.send_reserved(node) == QueueCore<Storage>::Push::kStored);
  CHECK(core.pop().node == &node);
}

CORE_TEST_CASE("queue core: the item of a putter goes to the waiting getter") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  typename Storage::Node node;
  Putter<Storage> putter{loop};
  Getter<Storage> getter{loop};
  REQUIRE_FALSE(core.enlist(putter));
  REQUIRE(core.enlist(getter));

  CHECK(core.send_reserved(node) == QueueCore<Storage>::Push::kStored);

  loop.run();
  CHECK(getter.awake);
  CHECK(getter.node == &node);
}

CORE_TEST_CASE("queue core: an item committed after a shutdown stays with the putter") {
  for (const bool immediate : {false, true}) {
    CAPTURE(immediate);
    Loop loop;
    QueueCore<Storage> core{"Queue", 1, false};
    typename Storage::Node node;
    Storage dropped;
    Putter<Storage> putter{loop};
    Putter<Storage> late{loop};
    REQUIRE_FALSE(core.enlist(putter));

    core.shutdown(immediate ? &dropped : nullptr);

    CHECK(core.send_reserved(node) == QueueCore<Storage>::Push::kShutDown);
    CHECK(core.size() == 0);
    CHECK(core.unfinished() == 0);
    CHECK(core.pop().node == nullptr);
    CHECK_FALSE(core.enlist(late));
    CHECK(late.shut_down);
  }
}

CORE_TEST_CASE(
    "queue core: the place of an item that a getter may put back is kept until the getter is "
    "done") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 1, false};
  std::array<typename Storage::Node, 2> nodes;
  Getter<Storage> getter{loop};
  Putter<Storage> putter{loop};
  REQUIRE(core.enlist(getter));
  REQUIRE(core.push(nodes[0]) == QueueCore<Storage>::Push::kStored);
  loop.run();
  CHECK(getter.awake);
  CHECK(getter.node == &nodes[0]);
  CHECK(getter.holds_permit);
  CHECK(core.looks_full());
  CHECK(core.stored() == 0);
  REQUIRE(core.enlist(putter));

  core.release();

  loop.run();
  CHECK(putter.awake);
  CHECK(core.size() == 1);
}

CORE_TEST_CASE("queue core: an item that is put back comes next, or goes to the waiting getter") {
  Loop loop;
  QueueCore<Storage> core{"Queue", 3, true};
  std::array<typename Storage::Node, 3> nodes;
  Getter<Storage> getter{loop};
  for (auto& node : nodes) REQUIRE(core.push(node) == QueueCore<Storage>::Push::kStored);
  auto* const next = core.pop().node;

  core.put_back(*next);

  CHECK(core.stored() == 3);
  CHECK(core.size() == 3);
  CHECK(core.unfinished() == 3);
  CHECK(core.pop().node == next);
  while (core.pop().node) core.release();
  REQUIRE(core.enlist(getter));
  core.put_back(*next);
  loop.run();
  CHECK(getter.awake);
  CHECK(getter.node == next);
  CHECK(core.size() == 1);
}

CORE_TEST_CASE("queue core: everything that is stored can be looked at") {
  QueueCore<Storage> core{"Queue", 0, false};
  std::array<typename Storage::Node, 5> nodes;
  for (auto& node : nodes) REQUIRE(core.push(node) == QueueCore<Storage>::Push::kStored);
  auto* const gone = core.pop().node;
  std::vector<const void*> seen;

  core.visit([](typename Storage::Node& node,
                void* with) { static_cast<std::vector<const void*>*>(with)->push_back(&node); },
             &seen);

  CHECK(seen.size() == 4);
  for (auto& node : nodes) CHECK(std::ranges::count(seen, &node) == (&node == gone ? 0 : 1));
}

CORE_TEST_CASE("queue core: a lock that is elided is not taken") {
  QueueCore<Storage> core{"Queue", 0, false};
  typename Storage::Node node;
  REQUIRE(core.push(node) == QueueCore<Storage>::Push::kStored);

  core.elide_lock(true);

  core.visit(
      [](typename Storage::Node&, void* with) {  // it would wait for itself here
        CHECK(static_cast<QueueCore<Storage>*>(with)->unfinished() == 1);
      },
      &core);
}
