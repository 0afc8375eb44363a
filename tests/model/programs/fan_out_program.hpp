/// A tree of tasks that run, gather and map, sleep, fail and stop each other.
#pragma once

#include <mtaio/progress.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "model/explore/program.hpp"
#include "model/programs/elements.hpp"
#include "model/programs/scope.hpp"
#include "model/reference/fan_out_model.hpp"
#include "model/reference/scope_model.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace model {

struct TaskFailed : std::exception {};

/// How a part of a task has ended: with `error`, if there is one.
struct Story {
  Ended ended = Ended::kValue;
  std::exception_ptr error;
};

/// A call of run, gather or map, and the model of it.
struct CallRun final : ElementListener {
  enum class Kind : std::uint8_t {
    kRun,          // of one task, which is no fan-out
    kGather,       // of a vector
    kGatherPair,   // of two arguments
    kMap,          // over a range that has a size
    kMapVoid,      // with a function that gives none
    kMapPairs,     // over two ranges
    kMapElements,  // over a range that has no size
    kMapPlain,     // with a function that runs in a thread
  };
  static constexpr std::size_t kKinds = 8;

  Call call;
  Kind kind = Kind::kRun;
  int number = 0;  // among the calls of this seed
  int depth = 0;
  bool is_large = false;  // and its tasks do nothing
  std::optional<mtaio::Timeout> timeout;
  std::optional<mtaio::Timeout> task_timeout;
  std::optional<mtaio::Progress> progress;
  FanOutModel* model = nullptr;
  std::size_t throws_at = 0;  // the element at which the range or the function throws

  bool has_element(std::size_t index) override;
  /// What the function given to `map` does before it makes a task.
  void make(std::size_t index);
  [[nodiscard]] mtaio::GatherOptions options();
};

class FanOutProgram final : public RandomProgram, private mtaio::testing::StepObserver {
 public:
  FanOutProgram();
  void run(std::uint64_t seed) override;

 private:
  std::size_t choose(std::size_t count) { return simulation_.choose(count); }
  bool seldom(std::size_t times) { return choose(times) == 0; }
  [[nodiscard]] Time now() const noexcept { return simulation_.elapsed(); }
  /// A point in time at which nothing else is due.
  Time soon();

  mtaio::Task<void> main();
  mtaio::Task<void> root();

  // Tasks.
  mtaio::Task<int> child(CallRun& run, std::size_t index);
  mtaio::Task<void> void_child(CallRun& run, std::size_t index);
  mtaio::Task<Story> act(int scope, int depth);
  mtaio::Task<Story> do_something(int scope, int depth);
  mtaio::Task<Story> sleep(int scope);
  mtaio::Task<Story> yield(int scope);
  mtaio::Task<Story> call_a_function(int scope);
  mtaio::Task<Story> look_at_token(int scope);
  mtaio::Task<Story> stop_all();
  static mtaio::Task<Story> nothing();

  // Calls.
  mtaio::Task<Story> call(int scope, int depth);
  CallRun& new_call(int scope, int depth);
  void choose_options(CallRun& run);
  mtaio::Task<Story> gather(CallRun& run);
  mtaio::Task<Story> map(CallRun& run);
  mtaio::Task<Story> map_plain(CallRun& run);
  int run_plain(CallRun& run, std::size_t index);
  template <class Operation>
  mtaio::Task<Story> finish(CallRun& run, Operation operation);
  Ended result(CallRun& run, Ended found) noexcept;
  Ended result_of_run(CallRun& run, Ended found) noexcept;
  Ended result_of_plain(CallRun& run, Ended found) noexcept;

  void after(mtaio::testing::Step step) noexcept override;
  void look_at(CallRun& run, mtaio::testing::Step step) noexcept;
  void check_progress(const CallRun& run) noexcept;

  mtaio::testing::Simulation simulation_;
  mtaio::TaskExecutor executor_;
  ScopeModel scopes_;
  FanOutModel model_;
  Scope root_scope_;
  int modelled_root_ = 0;
  std::vector<std::unique_ptr<CallRun>> calls_;  // the first calls_begun_ are of this seed
  std::size_t calls_begun_ = 0;
  std::size_t tasks_begun_ = 0;
  std::int64_t moments_ = 0;  // that soon() has given so far
};

}  // namespace model
