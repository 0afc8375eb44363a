/// What help() says about TaskExecutor.
#pragma once

namespace mtaio::python {

inline constexpr const char* kRunDoc = R"(run($self, coro, *, timeout=None)
--

Run a single coroutine, for at most timeout seconds.

To be awaited; gives the result of the coroutine. Raises TimeoutError when the time ran
out. Any other exception of the coroutine, including a TimeoutError of its own, is the
__cause__ of an ExecutionError. A coroutine that is timed out is cancelled and waited
for. With a timeout of zero or less a coroutine is never started, and a future or a task
is cancelled and waited for. If it ends with a result nonetheless, or was done before,
its result is given.)";

inline constexpr const char* kGatherDoc =
    R"(gather($self, /, *coroutines, limit=None, timeout=None, task_timeout=None, progress=None,
       return_exceptions=False)
--

Run coroutines, at most limit at a time; give a list of their results, in order.

To be awaited. When a coroutine fails, no other one starts, the running ones are
cancelled, and all are waited for. Then ExecutionError is raised: its __cause__ is the
first exception, index the position of its coroutine. With return_exceptions all of them
run, and the list contains their exceptions.

timeout, in seconds or a timedelta, limits the whole call. When it has run out, raises
TimeoutError, whose __cause__ shows where the coroutines were; with return_exceptions the
list contains a TimeoutError for each coroutine that had not ended. task_timeout limits
each coroutine, which then fails with TimeoutError. progress is a Progress, or a function
that is called with 1 for each coroutine that has ended, such as the update() of a tqdm
bar.

Futures and tasks are accepted too. A coroutine that does not start is closed; a future
or task is cancelled and waited for.)";

inline constexpr const char* kRunInThreadDoc = R"(run_in_thread($self, func, /, *args, **kwargs)
--

Call a function in a thread, with the caller's context variables.

To be awaited; gives the function's result. An exception of the function is the __cause__
of an ExecutionError. If the call is cancelled, it waits until the function has returned,
because the function may use objects of the caller; a function that has not started by
then never does.

There are min(32, cores + 4) threads, started when they are needed and shared by all
executors of the process; further calls wait. TaskExecutor(thread_pool=...) uses another
pool, of any size.)";

}  // namespace mtaio::python
