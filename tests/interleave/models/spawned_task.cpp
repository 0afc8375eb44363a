/// The word of a task that was started with create_task: its result and the task itself are
/// destroyed once, by the last owner, after all that the others did.
#include <mtaio/executor/spawned_task_state.hpp>
#include <mtaio/executor/spawned_tasks.hpp>

#include "interleave/models/model.hpp"

#include <stdexcept>

namespace {

using namespace models;
using mtaio::internal::SpawnedTaskState;

/// A task as plain memory sees it.
struct Spawned {
  ~Spawned() { require(!has_result, "the result is destroyed before the task"); }

  /// The task has ended.
  void end() {
    result = 7;
    has_result = true;
    if (!state.end()) {
      for (const int uses : uses_by_parties) require(uses == 1, "end/leave: all have left");
      destroy_result();
    }
    release();
  }
  /// A party, such as a handle, has no more use for the task.
  void leave(std::size_t party = 0) {
    ++uses_by_parties[party];
    switch (state.leave()) {
      case SpawnedTaskState::Leaving::kNothing:
        return;
      case SpawnedTaskState::Leaving::kDestroyResult:
        destroy_result();
        if (state.leave_last()) delete this;
        return;
      case SpawnedTaskState::Leaving::kDelete:
        destroy_result();
        delete this;
        return;
    }
  }
  /// A keeper, or the task itself, has no more use for it.
  void release() {
    ++uses_by_keepers;
    if (state.release()) delete this;
  }
  void destroy_result() {
    require(has_result && result == 7, "the result is whole, and destroyed once");
    has_result = false;
  }

  SpawnedTaskState state;
  int result = 0;
  bool has_result = false;
  std::atomic<int> uses_by_keepers{0};
  std::array<int, 2> uses_by_parties{0, 1};
};

void the_task_ends_and_the_handle_leaves() {
  auto* task = new Spawned;
  in_threads([=] { task->end(); }, [=] { task->leave(); });
}

void the_handle_reads_the_result() {
  auto* task = new Spawned;
  in_threads([=] { task->end(); },
             [=] {
               if (task->state.done()) require(task->result == 7, "end/read");
               task->leave();
             });
}

void two_parties() {
  auto* task = new Spawned;
  task->uses_by_parties[1] = 0;
  task->state.join();
  in_threads([=] { task->end(); }, [=] { task->leave(0); }, [=] { task->leave(1); });
}

void a_party_and_a_keeper() {
  auto* task = new Spawned;
  task->state.retain();
  in_threads([=] { task->end(); }, [=] { task->leave(); }, [=] { task->release(); });
}

void two_parties_take_the_result() {
  auto* task = new Spawned;
  task->state.join();
  std::atomic<int> taken{0};
  const auto take = [&, task](std::size_t party) {
    return [&, task, party] {
      if (task->state.take()) taken.fetch_add(1, std::memory_order_relaxed);
      task->leave(party);
    };
  };
  task->uses_by_parties[1] = 0;
  in_threads([=] { task->end(); }, take(0), take(1));
  require(taken.load() == 1, "one of them takes it");
}

/// A thread that finds the executor closed sees what came before it was closed.
void closed_against_a_check() {
  mtaio::internal::SpawnedTasks tasks;
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        tasks.close();
      },
      [&] {
        try {
          tasks.check_open("run");
        } catch (const std::logic_error&) {
          require(data == 1, "close/check");
        }
      });
}

TEST_CASE("model: SpawnedTasks") {
  check_model("closed against a check", &closed_against_a_check, all(10'000));
}

TEST_CASE("model: SpawnedTaskState") {
  check_model("the task ends and the handle leaves", &the_task_ends_and_the_handle_leaves,
              all(10'000));
  check_model("the handle reads the result", &the_handle_reads_the_result, all(10'000));
  check_model("two parties", &two_parties, all(10'000));
  check_model("a party and a keeper", &a_party_and_a_keeper, all(10'000));
  check_model("two parties take the result", &two_parties_take_the_result, all(10'000));
}

}  // namespace
