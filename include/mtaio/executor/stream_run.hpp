/// A stream: its results, and the task that waits for its children.
#pragma once

#include <mtaio/executor/owned_tasks.hpp>
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/executor/stop_tasks.hpp>
#include <mtaio/fan_out/stream_buffer.hpp>
#include <mtaio/options.hpp>
#include <mtaio/task.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace mtaio::internal {

/// Ends the program if a stream must not be destroyed here and now.
[[gnu::visibility("default")]] void check_end_of_stream(StreamGate& gate,
                                                        SpawnedTasks& tasks) noexcept;

/// What the consumer sees of a stream. The fan-out runs in a spawned task, from the first `next()`.
template <class Item>
class StreamRun {
 public:
  StreamRun(const StreamRun&) = delete;
  StreamRun& operator=(const StreamRun&) = delete;
  virtual ~StreamRun() = default;

  /// Spawns the task, unless that has happened. Throws `std::logic_error` outside a task.
  void start() {
    if (started_) return;
    auto& task = SpawnedTaskOf<void>::create(run(), current_task_root(), tasks());
    started_ = true;
    task.leave();  // nothing waits for it but the tasks
  }
  [[nodiscard]] StreamResults<Item>& results() noexcept { return *results_; }
  /// From now on there are no results.
  void close() noexcept {
    started_ = true;
    results_->close();
  }
  [[nodiscard]] virtual SpawnedTasks& tasks() noexcept = 0;

 protected:
  explicit StreamRun(StreamResults<Item>& results) noexcept : results_{&results} {}

 private:
  virtual Task<void> run() = 0;

  StreamResults<Item>* results_;
  bool started_ = false;
};

/// `FanOut` is made of `Children` and `Options`.
template <class FanOut, class Options, class Children, class Buffer, class Item>
class StreamRunOf final : public StreamRun<Item> {
 public:
  StreamRunOf(Children&& children, const MapOptions& options, bool ordered)
      : StreamRun<Item>{buffer_},
        buffer_{ordered},
        options_{options, buffer_},
        children_(std::move(children)) {}
  StreamRunOf(const StreamRunOf&) = delete;
  StreamRunOf& operator=(const StreamRunOf&) = delete;
  ~StreamRunOf() override { check_end_of_stream(buffer_, *tasks_); }

  [[nodiscard]] SpawnedTasks& tasks() noexcept override { return *tasks_; }

 private:
  Task<void> run() override {
    std::exception_ptr error;
    try {
      FanOut fan_out{std::move(children_), options_};
      co_await fan_out;
    } catch (...) {
      error = std::current_exception();
    }
    buffer_.end(std::move(error));
  }

  Buffer buffer_;
  Options options_;
  Children children_;
  // The last member: its destructor waits for the end of all that uses the others.
  OwnedTasks tasks_;
};

}  // namespace mtaio::internal
