#include "module/queue/queue_blocking.hpp"

#include <mtaio/timeout.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/running_loop.hpp"
#include "module/queue/queue_arguments.hpp"
#include "module/queue/queue_operation.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

// Up to Python 3.13, a daemon thread that takes the GIL of a finalizing interpreter is unwound by
// force. So in the methods here, and in all that they call until they take the GIL, nothing is
// noexcept and nothing has a destructor; the WaitHandle leaks.

namespace mtaio::python {
namespace {

using std::chrono::steady_clock;

/// How long a call may block.
struct WaitLimit {
  /// As it was given.
  PyObject* timeout = nullptr;
  bool no_wait = false;
  lowlevel::TimePoint deadline{};
};

/// False with an exception set. `timeout` is null if none was given.
bool parse(CallName call, PyObject* timeout, WaitLimit& limit) {
  if (running_loop()) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s.%s(): this thread runs an event loop, which must not be blocked; await "
                 "%s() instead.",
                 call.owner, call.member, call.member[0] == 'p' ? "put" : "get");
    return false;
  }
  limit = {timeout, false, lowlevel::TimePoint::max()};
  if (!timeout || timeout == Py_None) return true;
  const double seconds = parse_seconds(timeout, call, "timeout");
  if (std::isnan(seconds)) return false;
  limit.no_wait = seconds <= 0;
  limit.deadline =
      lowlevel::deadline_after(steady_clock::now(), std::chrono::duration<double>{seconds});
  return true;
}

PyObject* raise_too_late(QueueObject* queue, bool putting, const WaitLimit& limit) {
  PyErr_Format(putting ? cached().queue_full_in_time : cached().queue_empty_in_time,
               putting ? "%s.put_blocking(timeout=%R): the queue was full all the time."
                       : "%s.get_blocking(timeout=%R): the queue was empty all the time.",
               short_name(reinterpret_cast<PyObject*>(queue)), limit.timeout);
  return nullptr;
}

/// Why a wait has ended. Unless it has arrived, what it was given has to be given back.
enum class Ended : std::uint8_t {
  kArrived,
  kTooLate,
  /// A signal handler has raised an exception.
  kRaised,
  /// A signal handler has forked, and this is the child, where nothing arrives from the parent.
  kForked,
};

/// Blocks this thread until the wait, which has been started with it, ends.
Ended block(WaitHandle& wait, lowlevel::TimePoint deadline) {
  for (;;) {
    Py_BEGIN_ALLOW_THREADS;
    wait.thread().block(deadline);
    Py_END_ALLOW_THREADS;
    if (PyErr_CheckSignals() < 0) return Ended::kRaised;
    if (wait.thread().is_of_parent()) return Ended::kForked;
    if (wait.thread().is_awake()) return Ended::kArrived;
    if (steady_clock::now() >= deadline) return Ended::kTooLate;
  }
}

/// Starts a wait of this thread; `waits` says whether there is need to wait. Null with an exception
/// set.
WaitHandle* start_wait(QueueObject* queue, bool putting, bool& waits) {
  try {
    auto thread = std::make_unique<BlockedThread>();
    WaitHandle* wait = putting ? queue->queue->new_putter() : queue->queue->new_getter();
    waits = wait->start(std::move(thread));
    return wait;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return nullptr;
  }
}

/// Waits in the line of putters, or of getters. Null with an exception set.
WaitHandle* wait_in_line(QueueObject* queue, bool putting, lowlevel::TimePoint deadline,
                         Ended& ended) {
  bool waits = false;
  WaitHandle* wait = start_wait(queue, putting, waits);
  if (!wait) return nullptr;
  EventLoop::flush_unraisable();
  Py_ssize_t& waiting = putting ? queue->putters : queue->getters;
  ++waiting;
  ended = waits ? block(*wait, deadline) : Ended::kArrived;
  --waiting;
  return wait;
}

PyObject* put_until(QueueObject* queue, PyObject* item, double priority, const WaitLimit& limit) {
  for (;;) {
    bool full = false;
    if (put_now(queue, item, priority, full)) Py_RETURN_NONE;
    if (!full) return nullptr;
    if (limit.no_wait) return raise_too_late(queue, true, limit);
    Ended ended{};
    WaitHandle* wait = wait_in_line(queue, true, limit.deadline, ended);
    if (!wait) return nullptr;
    AnyQueue::Put put = AnyQueue::Put::kError;
    if (ended == Ended::kArrived && wait->take())
      put = queue->queue->put_reserved(*wait, item, priority);
    wait->abandon();
    if (ended == Ended::kForked) continue;
    if (ended == Ended::kTooLate) return raise_too_late(queue, true, limit);
    if (put == AnyQueue::Put::kStored && EventLoop::flush()) Py_RETURN_NONE;
    if (put == AnyQueue::Put::kShutDown) raise_shut_down(queue, true);
    EventLoop::flush_unraisable();
    return nullptr;
  }
}

PyObject* get_until(QueueObject* queue, const WaitLimit& limit) {
  for (;;) {
    bool shut_down = false;
    PyObject* item = get_now(queue, shut_down);
    if (item || PyErr_Occurred()) return item;
    if (shut_down) return raise_shut_down(queue, false);
    if (limit.no_wait) return raise_too_late(queue, false, limit);
    Ended ended{};
    WaitHandle* wait = wait_in_line(queue, false, limit.deadline, ended);
    if (!wait) return nullptr;
    if (ended == Ended::kArrived && wait->take()) item = queue->queue->take_given(*wait);
    wait->abandon();
    if (ended == Ended::kForked) continue;
    if (ended == Ended::kTooLate) return raise_too_late(queue, false, limit);
    if (!item && !PyErr_Occurred()) raise_shut_down(queue, false);
    return item;
  }
}

}  // namespace

PyObject* put_blocking(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* keywords) {
  static constexpr std::array<const char*, 2> kNames{"item", "timeout"};
  std::array<PyObject*, 2> places{};
  const CallName call{short_name(queue), "put_blocking"};
  WaitLimit limit{};
  if (!sort_arguments(call, {kNames, 2, 1}, arguments, count, keywords, places) ||
      !parse(call, places[1], limit)) {
    return nullptr;
  }
  return put_until(as_queue(queue), places[0], 0, limit);
}

PyObject* put_blocking_prioritised(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                                   PyObject* keywords) {
  static constexpr std::array<const char*, 3> kNames{"item", "priority", "timeout"};
  std::array<PyObject*, 3> places{};
  const CallName call{short_name(queue), "put_blocking"};
  double priority = 0;
  WaitLimit limit{};
  if (!sort_arguments(call, {kNames, 3, 1}, arguments, count, keywords, places) ||
      !parse_item_and_priority(places.data(), places[1] ? 2 : 1, nullptr, call, priority) ||
      !parse(call, places[2], limit)) {
    return nullptr;
  }
  return put_until(as_queue(queue), places[0], priority, limit);
}

PyObject* get_blocking(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* keywords) {
  static constexpr std::array<const char*, 1> kNames{"timeout"};
  std::array<PyObject*, 1> places{};
  const CallName call{short_name(queue), "get_blocking"};
  WaitLimit limit{};
  if (!sort_arguments(call, {kNames, 1, 0}, arguments, count, keywords, places) ||
      !parse(call, places[0], limit)) {
    return nullptr;
  }
  return get_until(as_queue(queue), limit);
}

}  // namespace mtaio::python
