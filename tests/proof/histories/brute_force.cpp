/// The checker of histories against every possible order, for small random histories.
#include "proof/histories/check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace {

using histories::History;
using histories::Operation;
using histories::Order;
using histories::Time;
using Kind = Operation::Kind;
using Random = std::minstd_rand;

/// A queue as simple as can be.
class Model {
 public:
  Model(Order order, std::size_t capacity) : order_{order}, capacity_{capacity} {}

  [[nodiscard]] bool full() const { return inside_.size() == capacity_; }
  [[nodiscard]] bool empty() const { return inside_.empty(); }

  void put(const Operation& put) {
    const auto after = [&](const Operation& each) { return each.priority > put.priority; };
    inside_.insert(
        order_ == Order::kPriority ? std::ranges::find_if(inside_, after) : inside_.end(), put);
  }
  [[nodiscard]] const Operation& next() const {
    return order_ == Order::kLifo ? inside_.back() : inside_.front();
  }
  void get() { inside_.erase(order_ == Order::kLifo ? inside_.end() - 1 : inside_.begin()); }

 private:
  Order order_;
  std::size_t capacity_;
  std::vector<Operation> inside_;
};

/// Whether `operation` can be the next to take effect; then it does.
bool apply(Model& model, const Operation& operation) {
  switch (operation.kind) {
    case Kind::kPut:
      if (model.full()) return false;
      model.put(operation);
      return true;
    case Kind::kGet:
      if (model.empty() || model.next().number != operation.number) return false;
      model.get();
      return true;
    case Kind::kEmpty:
      return model.empty();
    case Kind::kFull:
      return model.full();
    case Kind::kGaveUp:
      break;
  }
  return true;
}

/// Whether there is an order that explains the rest of the history.
bool explainable(const Model& model, const History& rest) {
  if (rest.empty()) return true;
  const Time first_return = std::ranges::min(rest, {}, &Operation::returned).returned;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i].invoked > first_return) continue;
    Model next = model;
    if (!apply(next, rest[i])) continue;
    History others = rest;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    if (explainable(next, others)) return true;
  }
  return false;
}

/// What a queue does in a row, with times drawn out so that operations overlap, and with something
/// changed now and then.
History random_history(Random& random, Order order, std::size_t capacity) {
  History history;
  Model model{order, capacity};
  std::vector<double> times;
  std::size_t number = 0;
  const auto stretch = [&] { return static_cast<double>(random() % 1000) / 600.0; };
  for (int step = 0; step < 7; ++step) {
    Operation next{.kind = Kind::kEmpty};
    if (random() % 2 == 0) {
      next = {.kind = Kind::kPut, .number = ++number, .priority = double(random() % 3)};
      if (model.full()) next.kind = Kind::kFull;
    } else if (!model.empty()) {
      next = {.kind = Kind::kGet, .number = model.next().number};
    }
    apply(model, next);
    times.push_back(step - stretch());
    times.push_back(step + stretch());
    history.push_back(next);
  }
  std::vector<double> sorted = times;
  std::ranges::sort(sorted);
  const auto rank = [&](double time) {
    return static_cast<Time>(std::ranges::lower_bound(sorted, time) - sorted.begin()) + 1;
  };
  for (std::size_t i = 0; i < history.size(); ++i) {
    history[i].invoked = rank(times[2 * i]);
    history[i].returned = rank(times[2 * i + 1]);
  }
  for (int i = 0; i < 3; ++i) {
    Operation& one = history[random() % history.size()];
    Operation& other = history[random() % history.size()];
    if (one.kind == Kind::kGet && other.kind == Kind::kGet) std::swap(one.number, other.number);
    if (one.kind == Kind::kFull && other.kind == Kind::kEmpty) std::swap(one.kind, other.kind);
  }
  return history;
}

bool times_differ(const History& history) {
  std::vector<Time> times;
  for (const Operation& each : history) {
    times.push_back(each.invoked);
    times.push_back(each.returned);
  }
  std::ranges::sort(times);
  return std::ranges::adjacent_find(times) == times.end();
}

}  // namespace

TEST_CASE(
    "history: the checker never complains of a possible history, and complains of most impossible "
    "ones") {
  Random random{2'024};
  for (const Order order : {Order::kFifo, Order::kLifo, Order::kPriority}) {
    std::size_t fine = 0;
    std::size_t impossible = 0;
    std::size_t found = 0;
    for (int i = 0; i < 4'000; ++i) {
      const std::size_t capacity = 1 + random() % 3;
      const History history = random_history(random, order, capacity);
      if (!times_differ(history)) continue;
      const std::string complaint = complaint_about(history, order, capacity, false);
      if (explainable(Model{order, capacity}, history)) {
        CAPTURE(complaint);
        CHECK(complaint.empty());
        ++fine;
      } else {
        ++impossible;
        if (!complaint.empty()) ++found;
      }
    }
    MESSAGE(int(order) << ": " << fine << " can be explained, " << impossible << " cannot, "
                       << found << " of those are found");
    CHECK(fine > 100);
    CHECK(impossible > 100);
    CHECK(found * 10 > impossible * 8);
  }
}
