/// A call of a Python function in one of the library's threads.
#pragma once

#include <mtaio/coro/frame_allocator.hpp>
#include <mtaio/python/external_call.hpp>
#include <mtaio/python/object.hpp>

#include "module/threads/python_threads.hpp"
#include "module/threads/thread_operation.hpp"

#include <coroutine>
#include <cstddef>

namespace mtaio::python {

/// The call itself. Its owners are the operation, which may be destroyed before the function
/// returns, and the thread that calls the function, from which the loop takes it over.
class FunctionCall final : public ExternalCall, public ThreadJob {
 public:
  // There may be hundreds at a time, and malloc() is fast for a few only.

  void* operator new(std::size_t size) { return internal::allocate_frame(size); }
  void operator delete(void* call, std::size_t size) noexcept {
    internal::deallocate_frame(call, size);
  }

  /// Submits the call of `operation`, with a copy of the context. Null with an exception set.
  static FunctionCall* start(ThreadOperation& operation, EventLoop& loop);

  /// The result of the function: a new reference, or null with its exception set.
  PyObject* take_result() noexcept;
  /// Whether the function has not been called yet, so that an operation that gives up need not
  /// wait.
  [[nodiscard]] bool waits_for_thread() const noexcept { return ThreadJob::linked(); }
  /// Whether the function was not called because no thread could be started.
  [[nodiscard]] bool was_refused() const noexcept { return refused_; }
  /// The operation gives up its ownership. A function that has not been called never will be.
  void abandon() noexcept;

 private:
  explicit FunctionCall(const ThreadOperation& operation) noexcept;

  void call() override;
  void finished() noexcept override { come_back(); }
  void refused(PyObject* error) noexcept override;
  static std::coroutine_handle<> arrive(lowlevel::Job& job) noexcept;

  Object executor_;
  Object function_;
  Object arguments_;
  Object keywords_;
  Object context_;
  Object result_;
  Object error_;
  /// With the GIL only.
  bool refused_ = false;
};

}  // namespace mtaio::python
