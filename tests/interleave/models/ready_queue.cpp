/// The ready jobs of a worker, and the jobs from outside: none is lost, doubled or overtaken.
#include "runtime/ready_queue.hpp"

#include "interleave/models/model.hpp"
#include "runtime/injector.hpp"

#include <coroutine>
#include <memory>

namespace {

using namespace models;
using mtaio::lowlevel::IntrusiveList;
using mtaio::lowlevel::Job;
using mtaio::runtime::Injector;
using mtaio::runtime::ReadyQueue;

struct NumberedJob : Job {
  NumberedJob()
      : Job{[](Job&) noexcept -> std::coroutine_handle<> { return std::noop_coroutine(); }} {}
  int number = 0;
  std::atomic<int> taken{0};
};

NumberedJob& take(Job& job) {
  auto& numbered = static_cast<NumberedJob&>(job);
  require(numbered.number > 0, "a job is seen as it was pushed");
  require(numbered.taken.fetch_add(1, std::memory_order_relaxed) == 0, "a job is taken once");
  return numbered;
}

template <std::size_t kCount>
class Jobs {
 public:
  Job& next() {
    NumberedJob& job = jobs_[used_++];
    job.number = static_cast<int>(used_);
    return job;
  }
  void require_all_taken() {
    for (NumberedJob& job : jobs_) require(job.taken.load() == 1, "no job is lost");
  }

 private:
  std::array<NumberedJob, kCount> jobs_;
  std::size_t used_ = 0;
};

/// Takes what is left, in order.
void drain(ReadyQueue& queue) {
  int last = 0;
  for (;;) {
    Job* job = queue.take(false);
    if (!job) {
      if (!queue.refill()) break;
      continue;
    }
    const NumberedJob& numbered = take(*job);
    require(numbered.number > last, "first in, first out");
    last = numbered.number;
  }
}

void owner_against_two_thieves() {
  const auto queue = std::make_unique<ReadyQueue>();
  Jobs<3> jobs;
  const auto thief = [&] {
    if (Job* job = queue->steal()) take(*job);
  };
  in_threads(
      [&] {
        queue->push(jobs.next());
        queue->push(jobs.next());
        if (Job* job = queue->take(false)) take(*job);
        queue->push(jobs.next());
        if (Job* job = queue->take(false)) take(*job);
      },
      thief, thief);
  drain(*queue);
  jobs.require_all_taken();
}

/// The list of jobs that do not fit, while another worker takes its share.
void a_share_against_the_owner() {
  constexpr int kFull = 256;
  const auto queue = std::make_unique<ReadyQueue>();
  const auto others = std::make_unique<ReadyQueue>();
  const auto jobs = std::make_unique<Jobs<kFull + 3>>();
  for (int i = 0; i < kFull + 2; ++i) queue->push(jobs->next());
  in_threads(
      [&] {
        if (Job* job = queue->take(false)) take(*job);
        queue->push(jobs->next());
        queue->refill();
      },
      [&] { queue->share_list(*others); });
  drain(*queue);
  drain(*others);
  jobs->require_all_taken();
}

void two_workers_take_from_the_injector() {
  Injector injector;
  Jobs<3> jobs;
  Job& first = jobs.next();
  Job& second = jobs.next();
  Job& third = jobs.next();
  in_threads([&] { injector.push(first); },
             [&] {
               injector.push(second);
               if (Job* job = injector.pop()) take(*job);
             },
             [&] {
               IntrusiveList<Job> taken;
               const std::size_t count = injector.pop_many(2, taken);
               std::size_t counted = 0;
               while (Job* job = taken.pop_front()) {
                 take(*job);
                 ++counted;
               }
               require(count == counted, "as many as it says");
             });
  injector.push(third);
  while (Job* job = injector.pop()) take(*job);
  require(injector.empty() && injector.taken() == 3, "it counts them");
  jobs.require_all_taken();
}

TEST_CASE("model: ReadyQueue and Injector") {
  check_model("the owner against two thieves", &owner_against_two_thieves, all(20'000));
  check_model("a share against the owner", &a_share_against_the_owner, all_with(2, 300));
  check_model("two workers take from the injector", &two_workers_take_from_the_injector,
              all_with(3, 20'000));
}

}  // namespace
