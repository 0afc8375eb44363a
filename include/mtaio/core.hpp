/// The whole library.
#pragma once

#include <mtaio/async_queue.hpp>
#include <mtaio/async_source.hpp>
#include <mtaio/awaitable.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/generator.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/lifo_queue.hpp>
#include <mtaio/limit.hpp>
#include <mtaio/mutex.hpp>
#include <mtaio/options.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/priority_queue.hpp>
#include <mtaio/progress.hpp>
#include <mtaio/runtime.hpp>
#include <mtaio/semaphore.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/stop_token.hpp>
#include <mtaio/stream.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/task_handle.hpp>
#include <mtaio/this_task.hpp>
#include <mtaio/thread_pool.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/with_stop_token.hpp>
