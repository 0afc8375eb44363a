#include "module/queue/queue_blocking.hpp"

#include <mtaio/timeout.hpp>

#include "module/module_state.hpp"
#include "module/queue/queue_arguments.hpp"
#include "module/queue/queue_object.hpp"
#include "bridge/running_loop.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

// A daemon thread that takes the GIL of an interpreter which is about to exit is unwound by force,
// up to Python 3.13. So from the methods here down to take_gil() nothing is noexcept, and nothing
// has a destructor; the wait is left where it is.

namespace mtaio::python {
namespace {

using std::chrono::steady_clock;

/// How long a call may block.
struct Patience {
  PyObject* timeout = nullptr;  // as it was given
  bool only_looks = false;
  lowlevel::TimePoint until{};
};

/// False with an exception set. `timeout` is null if none was given.
bool parse(CallName call, PyObject* timeout, Patience& patience) {
  if (running_loop()) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s.%s(): this thread runs an event loop, which must not be blocked; await %s() "
                 "instead.",
                 call.owner, call.member, call.member[0] == 'p' ? "put" : "get");
    return false;
  }
  patience = {timeout, false, lowlevel::TimePoint::max()};
  if (!timeout || timeout == Py_None) return true;
  const double seconds = parse_seconds(timeout, call, "timeout");
  if (std::isnan(seconds)) return false;
  patience.only_looks = seconds <= 0;
  patience.until =
      lowlevel::deadline_after(steady_clock::now(), std::chrono::duration<double>{seconds});
  return true;
}

PyObject* raise_too_late(QueueObject* queue, bool putting, const Patience& patience) {
  const ModuleState& state = module_state();
  PyErr_Format(putting ? state.full_in_time : state.empty_in_time,
               putting ? "%s.put_blocking(timeout=%R): the queue was full all the time."
                       : "%s.get_blocking(timeout=%R): the queue was empty all the time.",
               short_name(reinterpret_cast<PyObject*>(queue)), patience.timeout);
  return nullptr;
}

/// Why a wait has ended. If not because it has arrived, what it brings is to be given back.
enum class Ended : std::uint8_t {
  kArrived,
  kTooLate,
  kRaised,  // by a signal handler
  kForked,  // in the child of a fork by a signal handler: nothing that the parent does arrives
            // there
};

/// Blocks this thread until the wait, which has been started with it, ends.
Ended block(Wait& wait, lowlevel::TimePoint until) {
  for (;;) {
    Py_BEGIN_ALLOW_THREADS;
    wait.thread().block(until);
    Py_END_ALLOW_THREADS;
    if (PyErr_CheckSignals() < 0) return Ended::kRaised;
    if (wait.thread().is_of_parent()) return Ended::kForked;
    if (wait.thread().is_awake()) return Ended::kArrived;
    if (steady_clock::now() >= until) return Ended::kTooLate;
  }
}

/// A wait of this thread, started; null with an exception set. Whether there is need to wait.
Wait* start_wait(QueueObject* queue, bool putting, bool& waits) {
  try {
    auto thread = std::make_unique<BlockedThread>();
    Wait* wait = putting ? queue->queue->new_putter() : queue->queue->new_getter();
    waits = wait->start(std::move(thread));
    return wait;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return nullptr;
  }
}

/// Waits in the line of putters, or of getters. Null with an exception set.
Wait* wait_in_line(QueueObject* queue, bool putting, lowlevel::TimePoint until, Ended& ended) {
  bool waits = false;
  Wait* wait = start_wait(queue, putting, waits);
  if (!wait) return nullptr;
  EventLoop::deliver_unraisable();
  Py_ssize_t& waiting = putting ? queue->putters : queue->getters;
  ++waiting;
  ended = waits ? block(*wait, until) : Ended::kArrived;
  --waiting;
  return wait;
}

PyObject* put_until(QueueObject* queue, PyObject* item, double priority, const Patience& patience) {
  for (;;) {
    bool full = false;
    if (put_now(queue, item, priority, full)) Py_RETURN_NONE;
    if (!full) return nullptr;
    if (patience.only_looks) return raise_too_late(queue, true, patience);
    Ended ended{};
    Wait* wait = wait_in_line(queue, true, patience.until, ended);
    if (!wait) return nullptr;
    AnyQueue::Put put = AnyQueue::Put::kError;
    if (ended == Ended::kArrived && wait->take()) put = queue->queue->bring(*wait, item, priority);
    wait->abandon();
    if (ended == Ended::kForked) continue;
    if (ended == Ended::kTooLate) return raise_too_late(queue, true, patience);
    if (put == AnyQueue::Put::kStored && EventLoop::deliver()) Py_RETURN_NONE;
    if (put == AnyQueue::Put::kShutDown) raise_shut_down(queue, true);
    EventLoop::deliver_unraisable();
    return nullptr;
  }
}

PyObject* get_until(QueueObject* queue, const Patience& patience) {
  for (;;) {
    bool shut_down = false;
    PyObject* item = get_now(queue, shut_down);
    if (item || PyErr_Occurred()) return item;
    if (shut_down) return raise_shut_down(queue, false);
    if (patience.only_looks) return raise_too_late(queue, false, patience);
    Ended ended{};
    Wait* wait = wait_in_line(queue, false, patience.until, ended);
    if (!wait) return nullptr;
    if (ended == Ended::kArrived && wait->take()) item = queue->queue->take_given(*wait);
    wait->abandon();
    if (ended == Ended::kForked) continue;
    if (ended == Ended::kTooLate) return raise_too_late(queue, false, patience);
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
  Patience patience{};
  if (!sort_arguments(call, {kNames, 2, 1}, arguments, count, keywords, places) ||
      !parse(call, places[1], patience)) {
    return nullptr;
  }
  return put_until(as_queue(queue), places[0], 0, patience);
}

PyObject* put_blocking_prioritised(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                                   PyObject* keywords) {
  static constexpr std::array<const char*, 3> kNames{"item", "priority", "timeout"};
  std::array<PyObject*, 3> places{};
  const CallName call{short_name(queue), "put_blocking"};
  double priority = 0;
  Patience patience{};
  if (!sort_arguments(call, {kNames, 3, 1}, arguments, count, keywords, places) ||
      !parse_item_and_priority(places.data(), places[1] ? 2 : 1, nullptr, call, priority) ||
      !parse(call, places[2], patience)) {
    return nullptr;
  }
  return put_until(as_queue(queue), places[0], priority, patience);
}

PyObject* get_blocking(PyObject* queue, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* keywords) {
  static constexpr std::array<const char*, 1> kNames{"timeout"};
  std::array<PyObject*, 1> places{};
  const CallName call{short_name(queue), "get_blocking"};
  Patience patience{};
  if (!sort_arguments(call, {kNames, 1, 0}, arguments, count, keywords, places) ||
      !parse(call, places[0], patience)) {
    return nullptr;
  }
  return get_until(as_queue(queue), patience);
}

}  // namespace mtaio::python
