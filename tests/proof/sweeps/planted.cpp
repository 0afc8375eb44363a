/// The sweeps can fail: each thing that they look for is planted here, and found.
#include "proof/sweeps/sweep.hpp"
#include "proof/sweeps/tasks.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <new>
#include <string>

namespace {

using namespace sweeps;  // NOLINT(google-build-using-namespace)

constexpr Fault kFirstUserCode{.kind = Fault::Kind::kUserCode};
constexpr Fault kFirstAllocation{.kind = Fault::Kind::kAllocation};

std::string complaint_about(mtaio::Task<void> (*task)(World&), const Fault& fault) {
  const Attempt tried = attempt({.name = "planted", .task = task}, 1, fault);
  CHECK(tried.failures > 0);
  return tried.complaint.data();
}

bool found(const std::string& complaint, const char* what) {
  CAPTURE(complaint);
  return complaint.find(what) != std::string::npos;
}

mtaio::Task<void> swallow(World&) {
  try {
    user_code();
  } catch (const Planted&) {
  }
  co_return;
}

mtaio::Task<void> translate(World&) {
  try {
    user_code();
  } catch (const Planted&) {
    throw Genuine{};
  }
  co_return;
}

std::unique_ptr<int> leaked_number;

mtaio::Task<void> leak(World&) {
  leaked_number = std::make_unique<int>(1);
  user_code();
  co_return;
}

alignas(SafeItem) std::byte memory[sizeof(SafeItem)];

mtaio::Task<void> leak_item(World&) {
  ::new (memory) SafeItem{1};
  user_code();
  co_return;
}

// The place that goes too early stays readable for the one inside it.
alignas(Place) std::byte place_memory[sizeof(Place)];
struct DestroyPlace {
  void operator()(Place* place) const { std::destroy_at(place); }
};

mtaio::Task<void> swap_places(World& world) {
  std::unique_ptr<Place, DestroyPlace> outer{::new (place_memory) Place{world}};
  const Place inner{world, outer.get()};
  const std::unique_ptr<Place, DestroyPlace> goes_first = std::move(outer);
  user_code();
  co_return;
}

mtaio::Task<void> break_queue(World& world) {
  world.fifo.queue.shutdown();
  user_code();
  co_return;
}

mtaio::Task<void> lose_item(World& world) {
  ++world.fifo.inside;
  user_code();
  co_return;
}

mtaio::Task<void> close_executor(World& world) {
  co_await world.executor.close();
  user_code();
}

mtaio::Task<void> forget_allocation(World&) {
  try {
    leaked_number = std::make_unique<int>(1);
  } catch (const std::bad_alloc&) {
  }
  leaked_number.reset();
  co_return;
}

mtaio::Task<void> all_well(World&) {
  user_code();
  co_return;
}

}  // namespace

TEST_CASE("sweep: a lost exception of the user's code is found") {
  CHECK(found(complaint_about(swallow, kFirstUserCode), "nobody heard"));
}

TEST_CASE("sweep: an exception other than the thrown one is found") {
  CHECK(found(complaint_about(translate, kFirstUserCode), "the scenario threw: genuine"));
}

TEST_CASE("sweep: memory that is not given back is found" * doctest::skip{!kCountsAllocations}) {
  CHECK(found(complaint_about(leak, kFirstUserCode), "allocations leaked: 1"));
  leaked_number.reset();
}

TEST_CASE("sweep: an object that is not destroyed is found") {
  CHECK(found(complaint_about(leak_item, kFirstUserCode), "items left: 1"));
  std::launder(reinterpret_cast<SafeItem*>(memory))->~SafeItem();
}

TEST_CASE("sweep: an object that is destroyed before its parts is found") {
  Fault third = kFirstUserCode;
  third.call = 3;
  CHECK(found(complaint_about(swap_places, third), "destroyed before"));
}

TEST_CASE("sweep: a queue or an executor that does not work any more is found") {
  CHECK(found(complaint_about(break_queue, kFirstUserCode), "the probe threw: AsyncQueue::put"));
  CHECK(found(complaint_about(close_executor, kFirstUserCode), "the executor was closed"));
}

TEST_CASE("sweep: an item that got lost is found") {
  CHECK(found(complaint_about(lose_item, kFirstUserCode), "lost or doubled"));
}

TEST_CASE("sweep: a failed allocation that is not reported is found") {
  Fault second = kFirstAllocation;
  second.call = 2;  // after the frame of the task
  CHECK(found(complaint_about(forget_allocation, second), "nobody heard"));
}

TEST_CASE("sweep: with everything in order there is no complaint") {
  CHECK(complaint_about(all_well, kFirstUserCode).empty());
  CHECK(complaint_about(all_well, kFirstAllocation).empty());
}
