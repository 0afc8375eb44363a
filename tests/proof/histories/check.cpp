#include "proof/histories/check.hpp"

#include "proof/histories/extremes.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace histories {
namespace {

using Kind = Operation::Kind;

/// A number that was in the queue, from some time between `put_from` and `put_by` to some time
/// between `got_from` and `got_by`.
struct Stay {
  std::size_t number = 0;
  Time put_from = 0;
  Time put_by = 0;
  Time got_from = kNever;
  Time got_by = kNever;
  double priority = 0;
};

std::string text(const Stay& stay) {
  const auto time = [](Time at) { return at == kNever ? std::string{"-"} : std::to_string(at); };
  return std::to_string(stay.number) + " [put " + time(stay.put_from) + ".." + time(stay.put_by) +
         ", got " + time(stay.got_from) + ".." + time(stay.got_by) + "]";
}

/// Matches puts and gets.
class Stays {
 public:
  explicit Stays(const History& history) {
    for (const Operation& each : history) {
      if (each.kind == Kind::kPut) add_put(each);
      if (each.kind == Kind::kGaveUp) given_up_[each.number] = true;
    }
    for (const Operation& each : history) {
      if (each.kind == Kind::kGet) add_get(each);
    }
  }

  [[nodiscard]] const std::vector<Stay>& all() const noexcept { return stays_; }
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

  void check_all_out() {
    for (const Stay& stay : stays_) {
      if (stay.got_by == kNever) complain(stay.number, "never came out");
    }
  }

 private:
  void complain(std::size_t number, const char* what) {
    if (complaint_.empty()) complaint_ = std::to_string(number) + " " + what;
  }
  void add_put(const Operation& put) {
    if (!places_.emplace(put.number, stays_.size()).second) complain(put.number, "was put twice");
    stays_.push_back({.number = put.number,
                      .put_from = put.invoked,
                      .put_by = put.returned,
                      .priority = put.priority});
  }
  void add_get(const Operation& get) {
    const auto place = places_.find(get.number);
    if (given_up_.contains(get.number)) return complain(get.number, "came out, though not put");
    if (place == places_.end()) return complain(get.number, "came out of nowhere");
    Stay& stay = stays_[place->second];
    if (stay.got_by != kNever) return complain(get.number, "came out twice");
    if (get.returned < stay.put_from) return complain(get.number, "came out before it was put");
    stay.got_from = get.invoked;
    stay.got_by = get.returned;
  }

  std::vector<Stay> stays_;
  std::unordered_map<std::size_t, std::size_t> places_;  // of numbers in stays_
  std::unordered_map<std::size_t, bool> given_up_;
  std::string complaint_;
};

template <class Of>
Times times_of(const std::vector<Stay>& stays, Of of) {
  std::vector<Time> times;
  times.reserve(stays.size());
  for (const Stay& stay : stays) times.push_back(of(stay));
  return Times{std::move(times)};
}

std::string wrong_order(const Stay& first, const Stay& second) {
  return "wrong order: " + text(second) + " came out before " + text(first);
}

/// `a` put before `b`, and asked for only when `b` was out.
std::string check_fifo(const std::vector<Stay>& stays) {
  std::vector<const Stay*> by_end_of_put;
  std::vector<const Stay*> by_start_of_put;
  for (const Stay& stay : stays) by_end_of_put.push_back(&stay);
  by_start_of_put = by_end_of_put;
  std::ranges::sort(by_end_of_put, {}, &Stay::put_by);
  std::ranges::sort(by_start_of_put, {}, &Stay::put_from);
  auto put_before = by_end_of_put.begin();
  const Stay* last = nullptr;  // of those put before `b`, the one that was asked for last
  for (const Stay* b : by_start_of_put) {
    for (; put_before != by_end_of_put.end() && (*put_before)->put_by < b->put_from; ++put_before) {
      if (!last || (*put_before)->got_from > last->got_from) last = *put_before;
    }
    if (last && last->got_from > b->got_by) return wrong_order(*last, *b);
  }
  return {};
}

/// `a` put before `b`, and got while `b` was in for certain.
std::string check_lifo(const std::vector<Stay>& stays) {
  const Times starts = times_of(stays, [](const Stay& stay) { return stay.got_from; });
  std::vector<const Stay*> by_end_of_put;
  for (const Stay& stay : stays) by_end_of_put.push_back(&stay);
  std::vector<const Stay*> by_start_of_put = by_end_of_put;
  std::ranges::sort(by_end_of_put, {}, &Stay::put_by);
  std::ranges::sort(by_start_of_put, {}, &Stay::put_from);
  // Of those put before `b`: by when they are asked for, when they are out.
  Lowest<std::pair<Time, const Stay*>> out{stays.size(), {kNever, nullptr}};
  auto put_before = by_end_of_put.begin();
  for (const Stay* b : by_start_of_put) {
    for (; put_before != by_end_of_put.end() && (*put_before)->put_by < b->put_from; ++put_before) {
      out.lower(starts.before((*put_before)->got_from), {(*put_before)->got_by, *put_before});
    }
    const auto [got_by, a] = out.in(starts.before(b->put_by + 1), starts.size());
    if (got_by < b->got_from) return wrong_order(*b, *a);
  }
  return {};
}

/// `a` got while `b`, more urgent, was in for certain.
std::string check_urgency(const std::vector<Stay>& stays) {
  const Times ends = times_of(stays, [](const Stay& stay) { return stay.put_by; });
  std::vector<const Stay*> by_priority;
  for (const Stay& stay : stays) by_priority.push_back(&stay);
  std::ranges::sort(by_priority, {}, &Stay::priority);
  // Of those more urgent than `a`: by when they were in, how far from never they are asked for.
  Lowest<std::pair<Time, const Stay*>> left{stays.size(), {kNever, nullptr}};
  auto more_urgent = by_priority.begin();
  for (const Stay* a : by_priority) {
    for (; (*more_urgent)->priority < a->priority; ++more_urgent) {
      const Stay* b = *more_urgent;
      left.lower(ends.before(b->put_by), {kNever - b->got_from, b});
    }
    if (a->got_by == kNever) continue;
    const auto [until_never, b] = left.in(0, ends.before(a->got_from));
    if (b && b->got_from > a->got_by) return wrong_order(*b, *a);
  }
  return {};
}

std::string check_priority(const std::vector<Stay>& stays) {
  std::string complaint = check_urgency(stays);
  std::map<double, std::vector<Stay>> classes;
  for (const Stay& stay : stays) classes[stay.priority].push_back(stay);
  for (const auto& [priority, equals] : classes) {
    if (complaint.empty()) complaint = check_fifo(equals);
  }
  return complaint;
}

/// How many there are inside at least, and at most; and how many puts may be waiting.
struct Sizes {
  Course at_least;
  Course at_most;
  Course waiting;
};

Sizes sizes_of(const History& history, const std::vector<Stay>& stays) {
  std::vector<std::pair<Time, long>> at_least;
  std::vector<std::pair<Time, long>> at_most;
  std::vector<std::pair<Time, long>> waiting;
  for (const Stay& stay : stays) {
    at_least.emplace_back(stay.put_by, 1);
    at_most.emplace_back(stay.put_from, 1);
    if (stay.got_by == kNever) continue;
    at_least.emplace_back(stay.got_from, -1);
    at_most.emplace_back(stay.got_by, -1);
  }
  for (const Operation& each : history) {
    if (!each.may_wait) continue;
    waiting.emplace_back(each.invoked, 1);
    waiting.emplace_back(each.returned, -1);
  }
  return {Course{std::move(at_least)}, Course{std::move(at_most)}, Course{std::move(waiting)}};
}

/// Something that was in for certain while `look` went on; null if there is nothing.
class Inside {
 public:
  explicit Inside(const std::vector<Stay>& stays) {
    for (const Stay& stay : stays) by_end_of_put_.push_back(&stay);
    std::ranges::sort(by_end_of_put_, {}, &Stay::put_by);
    const Stay* last = nullptr;
    for (const Stay* stay : by_end_of_put_) {
      if (!last || stay->got_from > last->got_from) last = stay;
      longest_.push_back(last);
    }
  }
  [[nodiscard]] const Stay* during(const Operation& look) const {
    const auto after = std::ranges::lower_bound(by_end_of_put_, look.invoked, {}, &Stay::put_by);
    if (after == by_end_of_put_.begin()) return nullptr;
    const Stay* stay = longest_[static_cast<std::size_t>(after - by_end_of_put_.begin()) - 1];
    return stay->got_from > look.returned ? stay : nullptr;
  }

 private:
  std::vector<const Stay*> by_end_of_put_;
  std::vector<const Stay*> longest_;  // of those up to here, the one that was asked for last
};

std::string check_sizes(const History& history, const std::vector<Stay>& stays,
                        std::size_t capacity) {
  const Sizes sizes = sizes_of(history, stays);
  const Inside inside{stays};
  const auto room = static_cast<long>(capacity);
  if (capacity > 0 && sizes.at_least.highest(0, kNever) > room) {
    return "more than " + std::to_string(capacity) + " inside";
  }
  for (const Operation& look : history) {
    const std::string when =
        " at " + std::to_string(look.invoked) + ".." + std::to_string(look.returned);
    if (look.kind == Kind::kEmpty) {
      if (const Stay* stay = inside.during(look)) return "empty" + when + " with " + text(*stay);
      if (sizes.at_least.lowest(look.invoked, look.returned) > 0)
        return "empty" + when + " with something inside";
    }
    if (look.kind == Kind::kFull && sizes.at_most.highest(look.invoked, look.returned) < room &&
        sizes.waiting.highest(look.invoked, look.returned) == 0) {
      return "full" + when + " with room left";
    }
  }
  return {};
}

}  // namespace

std::string complaint_about(const History& history, Order order, std::size_t capacity,
                            bool drained) {
  Stays stays{history};
  if (drained) stays.check_all_out();
  if (!stays.complaint().empty()) return stays.complaint();
  std::string complaint = check_sizes(history, stays.all(), capacity);
  if (!complaint.empty()) return complaint;
  switch (order) {
    case Order::kFifo:
      return check_fifo(stays.all());
    case Order::kLifo:
      return check_lifo(stays.all());
    case Order::kPriority:
      return check_priority(stays.all());
  }
  return {};
}

}  // namespace histories
