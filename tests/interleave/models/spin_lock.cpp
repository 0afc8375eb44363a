/// The spin lock: one thread at a time, also when others are starving, and no access after
/// unlock().
#include <mtaio/lowlevel/spin_lock.hpp>

#include "interleave/models/model.hpp"

#include <memory>
#include <mutex>

namespace {

using namespace models;
using mtaio::lowlevel::SpinLock;

struct Guarded {
  void add_one() {
    const std::scoped_lock guard{lock};
    ++value;
  }
  SpinLock lock;
  int value = 0;
};

void three_threads() {
  Guarded guarded;
  const auto add = [&] { guarded.add_one(); };
  in_threads(add, add, add);
  require(guarded.value == 3, "each has been inside");
}

/// The holder sleeps, so the others spin for as long as they do before they nap.
void a_holder_that_is_preempted() {
  Guarded guarded;
  const auto add = [&] { guarded.add_one(); };
  in_threads(
      [&] {
        const std::scoped_lock guard{guarded.lock};
        ++guarded.value;
        std::this_thread::sleep_for(std::chrono::microseconds{30});
      },
      add, add);
  require(guarded.value == 3, "each has been inside");
}

/// Each thread leaves the object, and the last one to leave destroys it.
void the_last_one_destroys_it() {
  auto* guarded = new Guarded;
  const auto leave = [&] {
    bool last = false;
    {
      const std::scoped_lock guard{guarded->lock};
      last = ++guarded->value == 2;
    }
    if (last) delete guarded;
  };
  in_threads(leave, leave);
}

void a_try_that_fails_does_not_matter() {
  Guarded guarded;
  std::atomic<int> added{0};
  const auto try_to_add = [&] {
    if (!guarded.lock.try_lock()) return;
    ++guarded.value;
    guarded.lock.unlock();
    added.fetch_add(1, std::memory_order_relaxed);
  };
  in_threads(try_to_add, try_to_add, try_to_add);
  require(guarded.value == added.load(), "one thread at a time");
}

TEST_CASE("model: SpinLock") {
  check_model("three threads lock it", &three_threads, all_with(3, 50'000));
  check_model("the last one destroys it", &the_last_one_destroys_it, all(50'000));
  check_model("try_lock", &a_try_that_fails_does_not_matter, all(50'000));
  check_model("a holder that is preempted", &a_holder_that_is_preempted, all_with(1, 2'000));
}

}  // namespace
