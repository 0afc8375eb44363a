#include <mtaio/exceptions.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace {

/// An item that runs a function whenever it is moved, and another when it is destroyed.
class Lively {
 public:
  // NOLINTBEGIN(*-non-const-global-variables)
  static inline std::function<void()> on_move;
  static inline std::function<void()> on_destruction;
  // NOLINTEND(*-non-const-global-variables)

  explicit Lively(int value) : value_{value} {}
  Lively(Lively&& other) noexcept : value_{std::exchange(other.value_, 0)} { run(on_move); }
  Lively& operator=(Lively&&) = delete;
  ~Lively() { run(on_destruction); }

  [[nodiscard]] int value() const { return value_; }

 private:
  /// Not when the function itself moves or destroys one.
  static void run(std::function<void()>& function) {
    if (!function || running) return;
    running = true;
    function();
    running = false;
  }
  static inline bool running = false;
  int value_;
};

class Quiet {
 public:
  Quiet() = default;
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { Lively::on_move = Lively::on_destruction = nullptr; }
};

QUEUE_TEST_CASE("queue: the move of an item may look at the queue") {
  const Quiet afterwards;
  Queue<Lively> queue{2};
  int looks = 0;
  Lively::on_move = [&queue, &looks] {
    looks += queue.qsize() <= 2 && !(queue.empty() && queue.full());
  };
  co_await queue.put(Lively{1});
  Lively item{2};
  CHECK(queue.try_put(item));
  (void)co_await queue.get();
  (void)queue.try_get();
  CHECK(looks >= 4);
}

QUEUE_TEST_CASE("queue: the move of an item may put into the queue and take from it") {
  const Quiet afterwards;
  Queue<Lively> queue;
  int extra = 0;
  Lively::on_move = [&queue, &extra] {
    Lively another{100};
    if (queue.try_put(another)) ++extra;
    if (queue.try_get()) --extra;
  };
  for (int i = 1; i <= 3; ++i) co_await queue.put(Lively{i});
  int taken = 0;
  while (queue.try_get()) ++taken;
  Lively::on_move = nullptr;
  while (queue.try_get()) ++taken;
  CHECK(taken == 3 + extra);
}

QUEUE_TEST_CASE("queue: the move of an item that waited for room may use the queue") {
  const Quiet afterwards;
  mtaio::TaskExecutor executor;
  Queue<Lively> queue{1};
  co_await queue.put(Lively{1});
  auto waiting = executor.create_task(test::put_into(queue, Lively{2}));
  co_await test::let_others_run();
  Lively::on_move = [&queue] {
    Lively another{100};
    CHECK_FALSE(queue.try_put(another));  // the room belongs to the one that is being served
  };
  const auto first = queue.try_get();
  REQUIRE(first.has_value());
  CHECK(first->value() == 1);
  Lively::on_move = nullptr;
  co_await waiting;
  const auto second = queue.try_get();
  REQUIRE(second.has_value());
  CHECK(second->value() == 2);
}

QUEUE_TEST_CASE(
    "queue: the move of an item that waited for room may shut the queue down; it is put, or it is "
    "not") {
  for (const bool immediate : {false, true}) {
    const Quiet afterwards;
    mtaio::TaskExecutor executor;
    Queue<Lively> queue{1};
    co_await queue.put(Lively{1});
    auto waiting = executor.create_task(test::put_into(queue, Lively{2}));
    auto behind = executor.create_task(test::put_into(queue, Lively{3}));
    co_await test::let_others_run();
    Lively::on_move = [&queue, immediate] { queue.shutdown(immediate); };
    const auto first = queue.try_get();
    Lively::on_move = nullptr;
    CHECK(first.has_value());
    bool put = true;
    try {
      co_await waiting;
    } catch (const mtaio::QueueShutDown&) {
      put = false;
    }
    CHECK_THROWS_AS(co_await behind, mtaio::QueueShutDown);
    CHECK_FALSE((put && immediate));
    CHECK(queue.try_get().has_value() == put);
    const std::optional<Lively> none = co_await queue.next();
    CHECK_FALSE(none.has_value());
  }
}

QUEUE_TEST_CASE("queue: the destructor of a dropped item may use the queue") {
  const Quiet afterwards;
  Queue<Lively> queue;
  for (int i = 0; i < 3; ++i) co_await queue.put(Lively{i});
  int refused = 0;
  Lively::on_destruction = [&queue, &refused] {
    Lively another{100};
    try {
      (void)queue.try_put(another);
    } catch (const mtaio::QueueShutDown&) {
      ++refused;
    }
    CHECK_FALSE(queue.try_get().has_value());
    CHECK(queue.empty());
  };
  queue.shutdown(true);
  Lively::on_destruction = nullptr;
  CHECK(refused == 3);
}

QUEUE_TEST_CASE("queue: the destructor of a dropped item may shut the queue down again") {
  const Quiet afterwards;
  Queue<Lively> queue;
  for (int i = 0; i < 3; ++i) co_await queue.put(Lively{i});
  Lively::on_destruction = [&queue] { queue.shutdown(true); };
  queue.shutdown(true);
  Lively::on_destruction = nullptr;
  co_await queue.join();
}

QUEUE_TEST_CASE("queue: the destructor of an item that was taken may call task_done()") {
  const Quiet afterwards;
  mtaio::TaskExecutor executor;
  Queue<Lively> queue;
  co_await queue.put(Lively{1});
  auto joining = executor.create_task(test::join(queue));
  co_await test::let_others_run();
  {
    const Lively item = co_await queue.get();
    Lively::on_destruction = [&queue] { queue.task_done(); };
  }
  Lively::on_destruction = nullptr;
  co_await joining;
}

}  // namespace
