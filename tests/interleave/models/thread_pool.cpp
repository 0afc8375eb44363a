/// The pool for functions that block: each function runs once, and the pool ends when it should.
#include <mtaio/thread_pool.hpp>

#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "interleave/models/model.hpp"
#include "threads/waits_in_pool.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::ThreadPool;
using mtaio::internal::ThreadEvent;

struct CountingJob final : mtaio::lowlevel::BlockingJob {
  CountingJob() : BlockingJob{&CountingJob::count} {}
  static void count(BlockingJob& job) noexcept {
    auto& self = static_cast<CountingJob&>(job);
    ++self.runs;
    self.done.set();
  }
  int runs = 0;
  ThreadEvent done;
};

/// The thread that waits for the function destroys the pool.
void the_waiter_destroys_the_pool() {
  auto pool = std::make_unique<ThreadPool>(1);
  CountingJob job;
  in_threads([&, submits_to = pool.get()] { submits_to->submit(job); },
             [&] {
               job.done.wait();
               pool.reset();
             });
  require(job.runs == 1, "it has run once");
}

/// The same when the thread of the pool is idle, or about to be: the submit wakes it without the
/// lock.
void the_pool_is_destroyed_while_its_thread_is_woken() {
  auto pool = std::make_unique<ThreadPool>(1);
  CountingJob first;
  CountingJob second;
  pool->submit(first);
  in_threads([&, submits_to = pool.get()] { submits_to->submit(second); },
             [&] {
               first.done.wait();
               second.done.wait();
               pool.reset();
             });
  require(first.runs == 1 && second.runs == 1, "each has run once");
}

void two_jobs_for_one_thread() {
  std::array<CountingJob, 2> jobs;
  {
    ThreadPool pool{1};
    in_threads([&] { pool.submit(jobs[0]); }, [&] { pool.submit(jobs[1]); });
    for (CountingJob& job : jobs) job.done.wait();
  }
  for (const CountingJob& job : jobs) require(job.runs == 1, "each has run once");
}

void two_jobs_for_two_threads() {
  std::array<CountingJob, 3> jobs;
  {
    ThreadPool pool{2};
    pool.submit(jobs[0]);
    jobs[0].done.wait();
    in_threads([&] { pool.submit(jobs[1]); }, [&] { pool.submit(jobs[2]); });
  }
  for (const CountingJob& job : jobs) require(job.runs == 1, "each has run once");
}

/// The thread is idle, or about to be, before each of them.
void three_jobs_in_turn() {
  std::array<CountingJob, 3> jobs;
  {
    ThreadPool pool{1};
    for (CountingJob& job : jobs) {
      pool.submit(job);
      job.done.wait();
    }
  }
  for (const CountingJob& job : jobs) require(job.runs == 1, "each has run once");
}

/// A job that is taken back in time never runs.
void withdraw() {
  CountingJob job;
  bool withdrawn = false;
  {
    ThreadPool pool{1};
    in_threads([&] {
      pool.submit(job);
      withdrawn = pool.withdraw(job);
    });
  }
  require(job.runs == (withdrawn ? 0 : 1), "it runs unless it was withdrawn");
}

/// A thread that has had nothing to do for long ends, perhaps when the next job comes.
void an_idle_thread_ends() {
  std::array<CountingJob, 2> jobs;
  {
    ThreadPool pool{1};
    pool.submit(jobs[0]);
    jobs[0].done.wait();
    std::this_thread::sleep_for(std::chrono::seconds{10});
    pool.submit(jobs[1]);
    jobs[1].done.wait();
  }
  for (const CountingJob& job : jobs) require(job.runs == 1, "each has run once");
}

/// Blocks its thread until another job has run.
struct BlockingOnJob final : mtaio::lowlevel::BlockingJob {
  explicit BlockingOnJob(const CountingJob& other)
      : BlockingJob{&BlockingOnJob::wait}, waits_for{other} {}
  static void wait(BlockingJob& job) noexcept {
    auto& self = static_cast<BlockingOnJob&>(job);
    self.waits_for.done.wait();
    self.done.set();
  }
  const CountingJob& waits_for;
  ThreadEvent done;
};

/// Two threads, which are idle the second time: the thread that is notified of the first job
/// notifies the other one of the second.
void a_job_that_needs_the_next() {
  std::array<CountingJob, 2> second;
  {
    ThreadPool pool{2};
    for (CountingJob& job : second) {
      BlockingOnJob first{job};
      pool.submit(first);
      pool.submit(job);
      first.done.wait();
    }
  }
  for (const CountingJob& job : second) require(job.runs == 1, "each has run once");
}

/// Waits in a run(), where two other jobs run; then blocks until a third has run.
struct WaitingJob final : mtaio::lowlevel::BlockingJob {
  explicit WaitingJob(ThreadPool& pool) : BlockingJob{&WaitingJob::wait}, runs_in{pool} {}
  static void wait(BlockingJob& job) noexcept {
    auto& self = static_cast<WaitingJob&>(job);
    {
      const mtaio::threads::WaitsInPool room;
      self.runs_in.submit(self.first);
      self.runs_in.submit(self.second);
      self.first.done.wait();
    }
    self.resumed.set();
    self.third.done.wait();
    self.done.set();
  }
  ThreadPool& runs_in;
  CountingJob second;
  BlockingOnJob first{second};
  CountingJob third;
  ThreadEvent resumed;
  ThreadEvent done;
};

/// There is one thread more while the job waits. If that one, or another in its place, is notified
/// of the third job, it ends, and notifies the one that is left.
void a_thread_in_place_of_one_that_waits() {
  ThreadPool pool{2};
  WaitingJob job{pool};
  pool.submit(job);
  job.resumed.wait();
  pool.submit(job.third);
  job.done.wait();
  require(job.second.runs == 1 && job.third.runs == 1, "each has run once");
}

TEST_CASE("model: ThreadPool: jobs that need others") {
  // A thread that was forgotten would look again when its time is over.
  Options timeless = random(4'000);
  timeless.timeouts = Timeouts::kNever;
  check_model("a job that needs the next", &a_job_that_needs_the_next, timeless);
  check_model("a thread in place of one that waits", &a_thread_in_place_of_one_that_waits,
              timeless);
}

TEST_CASE("model: ThreadPool") {
  check_model("the waiter destroys the pool", &the_waiter_destroys_the_pool, all(10'000));
  check_model("the pool is destroyed while its thread is woken",
              &the_pool_is_destroyed_while_its_thread_is_woken, all(10'000));
  check_both_ways("the same, at random", &the_pool_is_destroyed_while_its_thread_is_woken, 4'000);
  check_model("two jobs for one thread", &two_jobs_for_one_thread, all_with(2, 10'000));
  check_model("two jobs for two threads", &two_jobs_for_two_threads, all_with(2, 10'000));
  // An idle thread that was forgotten would look again when its time is over.
  Options timeless = random(4'000);
  timeless.timeouts = Timeouts::kNever;
  check_model("three jobs in turn", &three_jobs_in_turn, timeless);
  check_model("withdraw", &withdraw, all(10'000));
  Options any_time = all(10'000);
  any_time.timeouts = Timeouts::kAnyTime;
  check_model("an idle thread ends", &an_idle_thread_ends, any_time);
}

}  // namespace
