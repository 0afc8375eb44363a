/// A check: the loop over the executions.
#pragma once

#include <mtaio/interleave/check.hpp>

#include "interleave/crash.hpp"
#include "interleave/engine.hpp"
#include "interleave/execution.hpp"
#include "interleave/explorer.hpp"
#include "interleave/heap.hpp"
#include "interleave/memory_model.hpp"
#include "interleave/recorder.hpp"
#include "interleave/shadow.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mtaio::testing::interleave {

/// The parts of a check, and the loop over the executions.
class Check {
 public:
  Check(const Options& options, const Host& host);
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  ~Check();

  /// Runs the program in one interleaving after the other. Asks after each whether to go on; if
  /// not, reports it as a failure.
  Report run(const std::function<void()>& program,
             const std::function<bool(const Ending&)>& goes_on);

 private:
  /// Returns whether all interleavings have been run.
  bool explore(const std::function<void()>& program,
               const std::function<bool(const Ending&)>& goes_on, Report& report);
  Ending run_once(const std::function<void()>& program);
  [[nodiscard]] Failure failure_of(const Ending& ending);
  [[nodiscard]] std::string description_of(Address address);
  [[nodiscard]] bool out_of_time() const;

  const Options options_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Heap heap_;
  Shadow shadow_;
  const std::unique_ptr<Explorer> explorer_;
  Recorder recorder_;
  const std::unique_ptr<MemoryModel> memory_;
  Execution execution_;
  Engine engine_;
  CrashHandler crash_handler_;
};

}  // namespace mtaio::testing::interleave
