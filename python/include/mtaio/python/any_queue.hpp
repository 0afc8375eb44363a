/// A queue of C++ as Python sees it, whatever the type of its items.
#pragma once

#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/wait_handle.hpp>

#include <cstddef>
#include <cstdint>
#include <typeinfo>

namespace mtaio::python {

/// A queue, which outlives its waiters.
///
/// All members are called with the GIL. Those that change the queue have to be followed by
/// `EventLoop::flush()`; those that give an item have done it. Null, or `kError`, with an exception
/// set means that a conversion or an allocation failed.
class AnyQueue {
 public:
  enum class Put : std::uint8_t { kStored, kFull, kShutDown, kError };

  AnyQueue() = default;
  AnyQueue(const AnyQueue&) = delete;
  AnyQueue& operator=(const AnyQueue&) = delete;
  virtual ~AnyQueue() = default;

  /// Puts the item if there is room.
  virtual Put put(PyObject* item, double priority) noexcept = 0;
  /// The next item. Null without an exception if there is none; `shut_down` then says whether there
  /// will never be one.
  virtual PyObject* get(bool& shut_down) noexcept = 0;

  // Where a put or get wakes no waiter, runs no code, and only Python uses the queue, which is the
  // usual case. False, or null, without an exception: nothing was done.

  /// Takes over a reference to the item.
  virtual bool put_quietly(PyObject* item, double priority) noexcept = 0;
  virtual PyObject* get_quietly() noexcept = 0;

  virtual WaitHandle* new_getter() = 0;
  /// The item that a getter which has arrived was given. Null without an exception: none, because
  /// the queue was shut down.
  virtual PyObject* take_given(WaitHandle& getter) noexcept = 0;
  virtual WaitHandle* new_putter() = 0;
  /// Puts the item of a putter that has arrived.
  virtual Put put_reserved(WaitHandle& putter, PyObject* item, double priority) noexcept = 0;
  virtual WaitHandle* new_joiner() = 0;

  virtual bool task_done() noexcept = 0;
  virtual bool all_done() noexcept = 0;
  /// `drop()` has to follow.
  virtual void shutdown(bool immediate) noexcept = 0;
  /// Destroys the items that were dropped, which may run any code.
  virtual void drop() noexcept = 0;
  virtual std::size_t stored() noexcept = 0;
  virtual std::size_t unfinished() noexcept = 0;
  /// How many waiters have been woken and have not run yet: getters with their item, and putters
  /// with room for theirs. An estimate if threads without the GIL use the queue.
  virtual std::size_t in_transit() noexcept = 0;
  virtual bool full() noexcept = 0;
  virtual std::size_t maxsize() noexcept = 0;
  /// Calls `visitor` for each item that is a Python object; for none if C++ code may use the queue.
  virtual void visit_items(void (*visitor)(PyObject* item, void* argument),
                           void* argument) noexcept = 0;
  /// Drops the stored items without counting them as done; none if C++ code may use the queue.
  /// `drop()` has to follow.
  virtual void clear() noexcept = 0;
  /// The `std::shared_ptr<Q>*`, if `Q` is that type.
  virtual void* shared(const std::type_info& queue) noexcept = 0;
};

}  // namespace mtaio::python
