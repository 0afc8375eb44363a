/// The jobs of a worker that are ready: in order, and any number of them.
#include "runtime/ready_queue.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using mtaio::runtime::ReadyQueue;

struct Numbered : mtaio::lowlevel::Job {
  Numbered()
      : Job{[](Job&) noexcept -> std::coroutine_handle<> { return std::noop_coroutine(); }} {}
  std::atomic<int> taken{0};
};

std::size_t number_of(const mtaio::lowlevel::Job& job, const std::vector<Numbered>& of) {
  return static_cast<std::size_t>(static_cast<const Numbered*>(&job) - of.data());
}

void take_note(mtaio::lowlevel::Job* job) {
  if (job) ++static_cast<Numbered*>(job)->taken;
}

mtaio::lowlevel::Job* take(ReadyQueue& queue) {
  queue.refill();
  return queue.take(true);
}

}  // namespace

TEST_CASE("ready queue: first in, first out, whatever the number of jobs") {
  for (const std::size_t count : {1U, 255U, 256U, 257U, 512U, 513U, 10'000U}) {
    CAPTURE(count);
    std::vector<Numbered> jobs(count);
    ReadyQueue queue;
    for (auto& job : jobs) queue.push(job);
    bool in_order = true;
    for (std::size_t i = 0; i < count; ++i) {
      const auto* job = take(queue);
      in_order = in_order && job != nullptr && number_of(*job, jobs) == i;
    }
    CHECK(in_order);
    CHECK(take(queue) == nullptr);
    CHECK(queue.empty());
  }
}

TEST_CASE("ready queue: jobs that come back each time they are taken keep their order") {
  for (const std::size_t count : {255U, 256U, 257U, 1'000U}) {
    CAPTURE(count);
    std::vector<Numbered> jobs(count);
    ReadyQueue queue;
    for (auto& job : jobs) queue.push(job);
    bool in_order = true;
    for (std::size_t i = 0; i < 5 * count; ++i) {
      auto* job = take(queue);
      REQUIRE(job != nullptr);
      in_order = in_order && number_of(*job, jobs) == i % count;
      queue.push(*job);
    }
    CHECK(in_order);
  }
}

TEST_CASE("ready queue: a job that becomes ready behind a list is not taken before the list") {
  std::vector<Numbered> jobs(300);
  ReadyQueue queue;
  for (std::size_t i = 0; i < 257; ++i) queue.push(jobs[i]);  // the last one is in the list
  for (std::size_t i = 0; i < 100; ++i) CHECK(queue.take(true) != nullptr);
  queue.push(jobs[257]);  // there is room in the ring, but jobs[256] comes first
  bool in_order = true;
  for (std::size_t i = 100; i < 258; ++i) {
    const auto* job = take(queue);
    in_order = in_order && job != nullptr && number_of(*job, jobs) == i;
  }
  CHECK(in_order);
}

TEST_CASE("ready queue: a worker that shares the list gets a part of it, in order") {
  std::vector<Numbered> jobs(300);
  ReadyQueue busy;
  ReadyQueue idle;
  CHECK_FALSE(busy.share_list(idle));
  for (auto& job : jobs) busy.push(job);
  CHECK(busy.share_list(idle));
  std::size_t next = 256;  // the list begins behind the ring
  while (const auto* job = take(idle)) CHECK(number_of(*job, jobs) == next++);
  CHECK(next == 256 + 23);
  std::size_t left = 0;
  while (take(busy) != nullptr) ++left;
  CHECK(left == 300 - 23);
}

TEST_CASE("ready queue: counts the jobs that have left, those of the list too") {
  std::vector<Numbered> jobs(260);
  ReadyQueue busy;
  ReadyQueue idle;
  for (auto& job : jobs) busy.push(job);
  CHECK(busy.gone() == 0);
  CHECK(busy.gone_when_empty() == 260);
  CHECK(take(busy) != nullptr);
  CHECK(busy.gone() == 1);
  REQUIRE(busy.share_list(idle));
  const std::int64_t shared = idle.gone_when_empty();
  CHECK(shared == 3);  // half of the list, and one more
  CHECK(idle.gone() == 0);
  CHECK(busy.gone() == 1 + shared);
  CHECK(busy.gone_when_empty() == 260);
  while (take(busy)) continue;
  CHECK(busy.gone() == 260);
}

TEST_CASE("ready queue: a list that thieves have emptied does not keep the ring closed") {
  std::vector<Numbered> jobs(600);
  ReadyQueue busy;
  ReadyQueue idle;
  for (std::size_t i = 0; i < 260; ++i) busy.push(jobs[i]);
  while (busy.share_list(idle)) {
  }
  for (std::size_t i = 0; i < 10; ++i) CHECK(busy.take(true) != nullptr);
  for (std::size_t i = 260; i < 270; ++i) busy.push(jobs[i]);
  CHECK(busy.list_empty());
}

TEST_CASE("ready queue: thieves and the owner take every job once, when there are more than fit") {
  constexpr std::size_t kJobs = 100'000;
  std::vector<Numbered> jobs(kJobs);
  ReadyQueue queue;
  std::atomic<bool> done{false};
  const auto rob = [&] {
    ReadyQueue own;
    while (!done) {
      take_note(queue.steal());
      if (queue.share_list(own)) {
        while (auto* job = take(own)) take_note(job);
      }
    }
  };
  std::thread first{rob};
  std::thread second{rob};
  for (std::size_t i = 0; i < kJobs; ++i) {
    queue.push(jobs[i]);
    if (i % 3 != 0) continue;
    queue.refill();
    take_note(queue.take(false));
  }
  for (;;) {
    queue.refill();
    auto* job = queue.take(false);
    if (!job && queue.empty()) break;
    take_note(job);
  }
  done = true;
  first.join();
  second.join();
  std::size_t wrong = 0;
  for (const auto& job : jobs) wrong += job.taken == 1 ? 0 : 1;
  CHECK(wrong == 0);
}
