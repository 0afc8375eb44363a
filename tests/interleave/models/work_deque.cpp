/// The work-stealing deque: no item is lost, doubled or seen unfinished.
#include <mtaio/lockfree/work_deque.hpp>

#include <mtaio/platform/asymmetric_fence.hpp>

#include "interleave/models/model.hpp"

namespace {

using namespace models;
using mtaio::internal::asymmetric_fence_init;
using mtaio::internal::AsymmetricFences;
using mtaio::internal::DequeFences;
using mtaio::internal::WorkDeque;

struct Item {
  int value = 0;
  std::atomic<int> taken{0};
};

void take(Item* item) {
  if (!item) return;
  require(item->value == 1, "an item is seen as it was pushed");
  require(item->taken.fetch_add(1, std::memory_order_relaxed) == 0, "an item is taken once");
}

/// Items that are pushed one after the other. At the end all of them have been taken.
template <std::size_t kCount>
class Items {
 public:
  Item& next() {
    Item& item = items_[used_++];
    item.value = 1;
    return item;
  }
  void require_all_taken() {
    for (Item& item : items_) require(item.taken.load() == 1, "no item is lost");
  }

 private:
  std::array<Item, kCount> items_;
  std::size_t used_ = 0;
};

template <class Deque>
auto thief(Deque& deque) {
  return [&] { take(deque.steal()); };
}

enum class Membarrier { kUsed, kRefused };

template <class Fences, Membarrier kMembarrier = Membarrier::kUsed>
void pop_against_two_thieves() {
  if (kMembarrier == Membarrier::kUsed) asymmetric_fence_init();
  WorkDeque<Item, 4, Fences> deque;
  Items<2> items;
  in_threads(
      [&] {
        require(deque.push(&items.next()), "there is room");
        require(deque.push(&items.next()), "there is room");
        take(deque.pop());
        take(deque.pop());
      },
      thief(deque), thief(deque));
  while (Item* left = deque.pop()) take(left);
  items.require_all_taken();
}

/// A pop that came too late leaves the deque as it was: the next item is not lost.
void push_after_a_pop() {
  WorkDeque<Item, 4> deque;
  Items<2> items;
  in_threads(
      [&] {
        require(deque.push(&items.next()), "there is room");
        take(deque.pop());
        require(deque.push(&items.next()), "there is room");
        take(deque.pop());
      },
      thief(deque));
  while (Item* left = deque.pop()) take(left);
  items.require_all_taken();
}

template <class Fences>
void pop_if_against_two_thieves() {
  asymmetric_fence_init();
  WorkDeque<Item, 4, Fences> deque;
  Items<2> items;
  in_threads(
      [&] {
        Item& first = items.next();
        Item& second = items.next();
        require(deque.push(&first), "there is room");
        require(deque.push(&second), "there is room");
        if (deque.pop_if(&second)) take(&second);
        if (deque.pop_if(&first)) take(&first);
      },
      thief(deque), thief(deque));
  while (Item* left = deque.pop()) take(left);
  items.require_all_taken();
}

/// The owner and the thief compete for one item.
void one_item_against_a_thief() {
  WorkDeque<Item, 1> deque;
  Items<1> items;
  in_threads(
      [&] {
        require(deque.push(&items.next()), "there is room");
        take(deque.pop());
      },
      thief(deque));
  items.require_all_taken();
}

void one_item_with_pop_if_against_a_thief() {
  WorkDeque<Item, 1> deque;
  Items<1> items;
  in_threads(
      [&] {
        Item& item = items.next();
        require(deque.push(&item), "there is room");
        if (deque.pop_if(&item)) take(&item);
      },
      thief(deque));
  items.require_all_taken();
}

void slots_are_used_again() {
  WorkDeque<Item, 2> deque;
  Items<4> items;
  in_threads(
      [&] {
        for (int i = 0; i < 4; ++i) {
          Item& item = items.next();
          if (!deque.push(&item)) take(&item);
        }
      },
      thief(deque), thief(deque));
  while (Item* left = deque.pop()) take(left);
  items.require_all_taken();
}

/// The thief reads the slot before it moves the top; then the owner may write the slot again. The
/// items are looked at when all is over: a load that reads a later store counts only if that store
/// comes.
void one_slot_is_used_again() {
  WorkDeque<Item, 1> deque;
  std::array<Item, 2> items;
  Item* stolen = nullptr;
  bool second_fits = false;
  in_threads(
      [&] {
        require(deque.push(&items[0]), "there is room");
        second_fits = deque.push(&items[1]);
      },
      [&] { stolen = deque.steal(); });
  for (Item& item : items) item.value = 1;
  take(stolen);
  while (Item* left = deque.pop()) take(left);
  if (!second_fits) take(&items[1]);
  for (const Item& item : items) require(item.taken.load() == 1, "no item is lost");
}

void oldest_against_two_thieves() {
  WorkDeque<Item, 2> deque;
  Items<3> items;
  in_threads(
      [&] {
        require(deque.push(&items.next()), "there is room");
        require(deque.push(&items.next()), "there is room");
        take(deque.take_oldest());
        Item& third = items.next();
        require(deque.push(&third), "the oldest item has gone");
        take(deque.take_oldest());
      },
      thief(deque), thief(deque));
  while (Item* left = deque.take_oldest()) take(left);
  items.require_all_taken();
}

TEST_CASE("model: WorkDeque: pop and steal") {
  check_model("pop against two thieves", &pop_against_two_thieves<DequeFences>, all(50'000));
  check_model("pop against two thieves, asymmetric", &pop_against_two_thieves<AsymmetricFences>,
              all(50'000));
  check_model("the same, without membarrier",
              &pop_against_two_thieves<AsymmetricFences, Membarrier::kRefused>, all(50'000));
  check_model("push after a pop", &push_after_a_pop, all(50'000));
}

TEST_CASE("model: WorkDeque: pop_if and steal") {
  check_model("pop_if against two thieves", &pop_if_against_two_thieves<DequeFences>, all(50'000));
  check_model("pop_if against two thieves, asymmetric",
              &pop_if_against_two_thieves<AsymmetricFences>, all(50'000));
}

TEST_CASE("model: WorkDeque: one item with load buffering") {
  Options load_buffering = all(50'000);
  load_buffering.load_buffering = true;
  check_model("pop against a thief", &one_item_against_a_thief, load_buffering);
  check_model("pop_if against a thief", &one_item_with_pop_if_against_a_thief, load_buffering);
}

TEST_CASE("model: WorkDeque: slots that are used again and the oldest item") {
  check_model("slots are used again", &slots_are_used_again, all(50'000));
  Options load_buffering = all(50'000);
  load_buffering.load_buffering = true;
  check_model("the same, with load buffering", &one_slot_is_used_again, load_buffering);
  check_model("the oldest against two thieves", &oldest_against_two_thieves, all(50'000));
}

}  // namespace
