#include <mtaio/lockfree/work_deque.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace {

using Deque = mtaio::internal::WorkDeque<int, 8>;

TEST_CASE("deque: an empty one gives null to its owner and to thieves") {
  Deque deque;
  CHECK(deque.empty());
  CHECK(deque.pop() == nullptr);
  CHECK(deque.steal() == nullptr);
  CHECK(deque.pop() == nullptr);
}

TEST_CASE("deque: the owner takes the newest, a thief the oldest") {
  Deque deque;
  std::vector<int> items(4);
  for (int& item : items) CHECK(deque.push(&item));
  CHECK(deque.pop() == &items[3]);
  CHECK(deque.steal() == &items[0]);
  CHECK(deque.pop() == &items[2]);
  CHECK(deque.steal() == &items[1]);
  CHECK(deque.empty());
}

TEST_CASE("deque: push() says no when it is full, and yes again when there is room") {
  Deque deque;
  std::vector<int> items(10);
  for (std::size_t i = 0; i < 8; ++i) CHECK(deque.push(&items[i]));
  CHECK_FALSE(deque.push(&items[8]));
  CHECK(deque.steal() == items.data());
  CHECK(deque.push(&items[8]));
  CHECK_FALSE(deque.push(&items[9]));
  CHECK(deque.pop() == &items[8]);
  CHECK(deque.push(&items[9]));
}

TEST_CASE("deque: reuses its slots any number of times") {
  Deque deque;
  std::vector<int> items(1000);
  bool right = true;
  for (std::size_t i = 0; i + 3 < items.size(); i += 3) {
    for (std::size_t j = 0; j < 3; ++j) right = right && deque.push(&items[i + j]);
    right = right && deque.steal() == &items[i] && deque.pop() == &items[i + 2];
    right = right && deque.steal() == &items[i + 1] && deque.empty();
  }
  CHECK(right);
}

TEST_CASE("deque: pop_if() takes the newest item only if it is the expected one") {
  Deque deque;
  std::vector<int> items(3);
  CHECK_FALSE(deque.pop_if(items.data()));
  CHECK(deque.push(items.data()));
  CHECK(deque.push(&items[1]));
  CHECK_FALSE(deque.pop_if(items.data()));
  CHECK(deque.pop_if(&items[1]));
  CHECK_FALSE(deque.pop_if(&items[1]));
  CHECK(deque.steal() == items.data());
  CHECK_FALSE(deque.pop_if(items.data()));
  CHECK(deque.empty());
}

/// Steals until there is nothing left after `all_pushed`.
template <class Deque>
void steal_all(Deque& deque, const std::atomic<bool>& all_pushed) {
  for (;;) {
    const bool last_look = all_pushed;
    if (auto* item = deque.steal()) {
      item->fetch_add(1, std::memory_order_relaxed);
    } else if (last_look) {
      return;
    } else {
      std::this_thread::yield();
    }
  }
}

/// The owner pushes and pops, thieves steal: every item is taken exactly once.
template <std::size_t kCapacity>
void check_that_each_is_taken_once(std::size_t thieves, bool with_pop_if) {
  constexpr std::size_t kItems = 100'000;
  auto deque = std::make_unique<mtaio::internal::WorkDeque<std::atomic<int>, kCapacity>>();
  std::vector<std::atomic<int>> taken(kItems);
  std::atomic<bool> all_pushed = false;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < thieves; ++i) {
    threads.emplace_back([&] { steal_all(*deque, all_pushed); });
  }
  for (std::size_t i = 0; i < kItems; ++i) {
    while (!deque->push(&taken[i])) {
      if (auto* item = deque->pop()) item->fetch_add(1, std::memory_order_relaxed);
    }
    if (i % 3 == 0) {
      if (with_pop_if) {
        if (deque->pop_if(&taken[i])) taken[i].fetch_add(1, std::memory_order_relaxed);
      } else if (auto* item = deque->pop()) {
        item->fetch_add(1, std::memory_order_relaxed);
      }
    }
  }
  while (auto* item = deque->pop()) item->fetch_add(1, std::memory_order_relaxed);
  all_pushed = true;
  for (auto& thread : threads) thread.join();
  std::size_t wrong = 0;
  for (const auto& count : taken) wrong += count != 1;
  CHECK(wrong == 0);
}

TEST_CASE("deque: with an owner and thieves at it, every item is taken once") {
  for (const std::size_t thieves : {1U, 3U}) {
    check_that_each_is_taken_once<2>(thieves, false);
    check_that_each_is_taken_once<8>(thieves, true);
    check_that_each_is_taken_once<1024>(thieves, false);
    check_that_each_is_taken_once<1024>(thieves, true);
  }
}

TEST_CASE("deque: writes before push() are visible to the thread that takes the item") {
  constexpr int kItems = 50'000;
  mtaio::internal::WorkDeque<int, 64> deque;
  std::vector<int> items(kItems);  // plain, so that ThreadSanitizer sees a missing edge
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread thief{[&] {
    while (!stop) {
      if (int* item = deque.steal()) {
        wrong += *item != 1;
      } else {
        std::this_thread::yield();
      }
    }
  }};
  for (int& item : items) {
    item = 1;
    while (!deque.push(&item)) std::this_thread::yield();
  }
  while (deque.pop()) {
  }
  stop = true;
  thief.join();
  CHECK(wrong == 0);
}

}  // namespace
