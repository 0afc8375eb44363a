/// A call of a Python function in one of the library's threads.
#pragma once

#include <mtaio/coro/frame_allocator.hpp>
#include <mtaio/python/object.hpp>
#include <mtaio/python/outside_call.hpp>

#include "module/threads/python_threads.hpp"
#include "module/threads/thread_call.hpp"

#include <coroutine>
#include <cstddef>

namespace mtaio::python {

/// The call itself: shared by the operation, which may go before the function returns, and by the
/// thread and the loop that it comes back to.
class FunctionCall final : public OutsideCall, public ThreadJob {
 public:
  // Hundreds at a time are nothing special, and malloc() is quick only with a few.
  void* operator new(std::size_t size) { return internal::allocate_frame(size); }
  void operator delete(void* call, std::size_t size) noexcept {
    internal::deallocate_frame(call, size);
  }

  /// Submits it, with a copy of the context. Null with an exception set.
  static FunctionCall* start(ThreadCall& of, EventLoop& loop);

  /// What came out of it: a new reference, or null with the exception set.
  PyObject* take_result() noexcept;
  /// It has not started: whoever lets go of it now need not wait for it.
  [[nodiscard]] bool waits_for_thread() const noexcept { return ThreadJob::linked(); }
  /// The function was not called, because no thread could be had.
  [[nodiscard]] bool was_refused() const noexcept { return refused_; }
  /// The operation lets go. One that has not started never will.
  void abandon() noexcept;

 private:
  explicit FunctionCall(ThreadCall& of) noexcept;

  void call() override;
  void finished() noexcept override { come_back(); }
  void refused(PyObject* error) noexcept override;
  static std::coroutine_handle<> arrive(lowlevel::Job& job) noexcept;
  void count_ended() noexcept;

  Object executor_;
  Object function_;
  Object arguments_;
  Object keywords_;
  Object context_;
  Object result_;
  Object error_;
  bool refused_ = false;  // with the GIL only
};

}  // namespace mtaio::python
