/// What a semaphore should do.
#pragma once

#include "model/reference/wait.hpp"

#include <cstddef>

namespace model {

/// The weight of a wait is its `item`.
class SemaphoreModel {
 public:
  SemaphoreModel(Waits& waits, int limit) noexcept : waits_{waits}, limit_{limit}, free_{limit} {}

  [[nodiscard]] bool try_acquire(int weight) noexcept {
    if (!line_.empty() || free_ < weight) return false;
    free_ -= weight;
    return true;
  }
  /// A wait tries without waiting.
  void acquire_at_once(Wait& wait) noexcept {
    if (try_acquire(wait.item)) waits_.end(wait, End::kServed);
  }
  void acquire(Wait& wait) noexcept {
    acquire_at_once(wait);
    if (wait.end == End::kNone) waits_.enter(wait, &line_);
  }
  void release(int weight) noexcept {
    free_ += weight;
    serve();
  }
  void set_limit(int limit) noexcept {
    free_ += limit - limit_;
    limit_ = limit;
    serve();
  }
  /// A wait that was not served is over. It left the line when it was ended, but those behind it
  /// are served now.
  void gave_up() noexcept { serve(); }

  [[nodiscard]] int limit() const noexcept { return limit_; }
  /// Negative while more are in use than the limit allows.
  [[nodiscard]] int free() const noexcept { return free_; }

 private:
  void serve() noexcept {
    while (!line_.empty() && line_.waits.front()->item <= free_) {
      Wait* first = line_.take_first();
      free_ -= first->item;
      waits_.end(*first, End::kServed);
    }
  }

  Waits& waits_;
  int limit_;
  int free_;
  Line line_;
};

}  // namespace model
