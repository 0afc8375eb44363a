/// The checker of histories can fail: each kind of wrong history is planted here, next to one that
/// looks like it and is right.
#include "proof/histories/check.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using histories::complaint_about;
using histories::History;
using histories::Operation;
using histories::Order;
using histories::Time;
using Kind = Operation::Kind;

Operation operation(Kind kind, std::size_t number, Time invoked, Time returned) {
  return {.kind = kind, .number = number, .invoked = invoked, .returned = returned};
}
Operation put(std::size_t number, Time invoked, Time returned, double priority = 0) {
  Operation made = operation(Kind::kPut, number, invoked, returned);
  made.priority = priority;
  return made;
}
Operation get(std::size_t number, Time invoked, Time returned) {
  return operation(Kind::kGet, number, invoked, returned);
}

bool right(const History& history, Order order = Order::kFifo, std::size_t capacity = 0) {
  const std::string complaint = complaint_about(history, order, capacity);
  CAPTURE(complaint);
  CHECK(complaint.empty());
  return complaint.empty();
}

bool wrong(const std::string& what, const History& history, Order order = Order::kFifo,
           std::size_t capacity = 0) {
  const std::string complaint = complaint_about(history, order, capacity);
  CAPTURE(complaint);
  CHECK(complaint.find(what) != std::string::npos);
  return !complaint.empty();
}

}  // namespace

TEST_CASE("history: an item that is lost, doubled or never put is found") {
  CHECK(right({put(1, 1, 2), get(1, 3, 4)}));
  CHECK(wrong("1 never came out", {put(1, 1, 2)}));
  CHECK(complaint_about({put(1, 1, 2)}, Order::kFifo, 0, false).empty());
  CHECK(wrong("1 came out twice", {put(1, 1, 2), get(1, 3, 4), get(1, 5, 6)}));
  CHECK(wrong("2 came out of nowhere", {put(1, 1, 2), get(1, 3, 4), get(2, 5, 6)}));
  CHECK(wrong("1 was put twice", {put(1, 1, 2), put(1, 3, 4), get(1, 5, 6)}));
  CHECK(wrong("though not put", {operation(Kind::kGaveUp, 1, 1, 2), get(1, 3, 4)}));
  CHECK(right({operation(Kind::kGaveUp, 1, 1, 2)}));
}

TEST_CASE("history: an item got before it is put is found") {
  CHECK(right({get(1, 1, 4), put(1, 2, 3)}));
  CHECK(wrong("1 came out before it was put", {get(1, 1, 2), put(1, 3, 4)}));
}

TEST_CASE("history: an overtaking in a FIFO queue is found") {
  CHECK(right({put(1, 1, 3), put(2, 2, 4), get(2, 5, 6), get(1, 7, 8)}));
  CHECK(right({put(1, 1, 2), put(2, 3, 4), get(2, 5, 7), get(1, 6, 8)}));
  CHECK(wrong("wrong order: 2", {put(1, 1, 2), put(2, 3, 4), get(2, 5, 6), get(1, 7, 8)}));
  CHECK(wrong("wrong order: 3", {put(1, 1, 2), put(2, 3, 4), put(3, 5, 6), get(1, 7, 8),
                                 get(3, 9, 10), get(2, 11, 12)}));
}

TEST_CASE("history: an item got from a LIFO queue before a later one is found") {
  const auto lifo = Order::kLifo;
  CHECK(right({put(1, 1, 2), put(2, 3, 4), get(2, 5, 6), get(1, 7, 8)}, lifo));
  CHECK(right({put(1, 1, 2), put(2, 3, 6), get(1, 4, 5), get(2, 7, 8)}, lifo));
  CHECK(right({put(1, 1, 2), get(1, 3, 4), put(2, 5, 6), get(2, 7, 8)}, lifo));
  CHECK(right({put(1, 1, 3), put(2, 2, 4), get(1, 5, 6), get(2, 7, 8)}, lifo));
  CHECK(wrong("wrong order: 1", {put(1, 1, 2), put(2, 3, 4), get(1, 5, 6), get(2, 7, 8)}, lifo));
}

TEST_CASE("history: an item got before a more urgent one is found, and a wrong order of equals") {
  const auto priority = Order::kPriority;
  CHECK(right({put(1, 1, 2, 5), put(2, 3, 4, 1), get(2, 5, 6), get(1, 7, 8)}, priority));
  CHECK(right({put(1, 1, 2, 5), put(2, 3, 6, 1), get(1, 4, 5), get(2, 7, 8)}, priority));
  CHECK(wrong("wrong order: 1", {put(1, 1, 2, 5), put(2, 3, 4, 1), get(1, 5, 6), get(2, 7, 8)},
              priority));
  CHECK(wrong("wrong order: 2", {put(1, 1, 2, 5), put(2, 3, 4, 5), get(2, 5, 6), get(1, 7, 8)},
              priority));
}

TEST_CASE("history: a queue that is found empty with something inside is found") {
  const auto empty = [](Time from, Time to) { return operation(Kind::kEmpty, 0, from, to); };
  CHECK(right({empty(1, 2), put(1, 3, 4), get(1, 5, 6), empty(7, 8)}));
  CHECK(right({put(1, 1, 4), empty(2, 3), get(1, 5, 6)}));
  CHECK(wrong("empty at 3..4 with 1", {put(1, 1, 2), empty(3, 4), get(1, 5, 6)}));
  // One of the two is inside at any time, but neither all the time.
  CHECK(wrong("empty at 3..8 with something",
              {put(1, 1, 2), empty(3, 8), put(2, 4, 5), get(1, 6, 7), get(2, 9, 10)}));
}

TEST_CASE("history: a queue that is found full with room left is found, unless a put waited") {
  const auto full = [](Time from, Time to) { return operation(Kind::kFull, 0, from, to); };
  Operation waiting = put(2, 3, 6);
  waiting.may_wait = true;
  CHECK(right({put(1, 1, 2), full(3, 4), get(1, 5, 6)}, Order::kFifo, 1));
  CHECK(right({put(1, 1, 2), get(1, 3, 6), full(4, 5)}, Order::kFifo, 1));
  CHECK(wrong("full at 3..4", {put(1, 1, 2), full(3, 4), get(1, 5, 6)}, Order::kFifo, 2));
  CHECK(wrong("full at 5..6", {put(1, 1, 2), get(1, 3, 4), full(5, 6)}, Order::kFifo, 1));
  CHECK(right({put(1, 1, 2), waiting, full(4, 5), get(1, 7, 8), get(2, 9, 10)}, Order::kFifo, 3));
}

TEST_CASE("history: more inside than there is room for is found") {
  const History history{put(1, 1, 2), put(2, 3, 4), get(1, 5, 6), get(2, 7, 8)};
  CHECK(right(history, Order::kFifo, 2));
  CHECK(wrong("more than 1 inside", history, Order::kFifo, 1));
}
