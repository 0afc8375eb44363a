/// What help() says about the queues.
#pragma once

namespace mtaio::python {

inline constexpr const char* kAsyncQueueDoc = R"(AsyncQueue(maxsize=0)
--

A queue between coroutines, threads and event loops: first in, first out.

It holds at most maxsize items; 0 means any number. A negative maxsize is a ValueError.

    queue: AsyncQueue[str] = AsyncQueue(maxsize=10)
    await queue.put("item")
    item = await queue.get()
    queue.task_done()
    await queue.join()

Several event loops and plain threads may use it concurrently. No item is lost or
doubled when an operation is cancelled or times out. Waiting operations are served first
come, first served. After shutdown(), 'async for item in queue' ends.)";

inline constexpr const char* kPriorityQueueDoc = R"(PriorityQueue(maxsize=0)
--

An AsyncQueue that gives the item with the lowest priority number first.

    queue: PriorityQueue[str] = PriorityQueue()
    await queue.put("normal task", priority=2)
    await queue.put("urgent task", priority=1)
    assert await queue.get() == "urgent task"

Items of equal priority come out in the order in which they were put; items themselves
are never compared.)";

inline constexpr const char* kLifoQueueDoc = R"(LIFOQueue(maxsize=0)
--

An AsyncQueue that gives the item first that was put last.

    stack: LIFOQueue[str] = LIFOQueue()
    await stack.put("first")
    await stack.put("second")
    assert await stack.get() == "second")";

inline constexpr const char* kPutDoc = R"(put($self, /, item)
--

Put an item into the queue; wait while it is full.

To be awaited. If it is cancelled, it has not put the item. Raises QueueShutDown once
the queue has been shut down.)";
inline constexpr const char* kPutPrioritisedDoc = R"(put($self, /, item, priority=0)
--

Put an item into the queue; wait while it is full.

The item with the lowest priority number comes out first. Negative and infinite numbers
are fine; NaN is a ValueError at the call. To be awaited. If it is cancelled, it has not
put the item. Raises QueueShutDown once the queue has been shut down.)";
inline constexpr const char* kPutNowaitDoc = R"(put_nowait($self, /, item)
--

Put an item into the queue now; raise asyncio.QueueFull if there is no room.

For any thread, with or without an event loop.)";
inline constexpr const char* kPutNowaitPrioritisedDoc = R"(put_nowait($self, /, item, priority=0)
--

Put an item into the queue now; raise asyncio.QueueFull if there is no room.

For any thread, with or without an event loop.)";
inline constexpr const char* kGetDoc = R"(get($self, /)
--

Remove and return the next item; wait while there is none.

To be awaited. If it is cancelled, it has not taken an item. Raises QueueShutDown once
the queue has been shut down and is empty.)";
inline constexpr const char* kGetNowaitDoc = R"(get_nowait($self, /)
--

Remove and return the next item; raise asyncio.QueueEmpty if there is none.

For any thread, with or without an event loop.)";
inline constexpr const char* kPutBlockingDoc = R"(put_blocking($self, /, item, timeout=None)
--

Put an item into the queue; block the thread while it is full.

For threads without an event loop. They wait in the same line as coroutines. The timeout
is in seconds, or a datetime.timedelta; zero or less does not wait. When it is over, raises
mtaio.exceptions.QueueFull, which is a TimeoutError, a queue.Full and an
asyncio.QueueFull. Raises QueueShutDown once the queue has been shut down, and
RuntimeError in a thread that runs an event loop.)";
inline constexpr const char* kPutBlockingPrioritisedDoc =
    R"(put_blocking($self, /, item, priority=0, timeout=None)
--

Put an item into the queue; block the thread while it is full.

For threads without an event loop. They wait in the same line as coroutines. The timeout
is in seconds, or a datetime.timedelta; zero or less does not wait. When it is over, raises
mtaio.exceptions.QueueFull, which is a TimeoutError, a queue.Full and an
asyncio.QueueFull. Raises QueueShutDown once the queue has been shut down, and
RuntimeError in a thread that runs an event loop.)";
inline constexpr const char* kGetBlockingDoc = R"(get_blocking($self, /, timeout=None)
--

Remove and return the next item; block the thread while there is none.

For threads without an event loop. They wait in the same line as coroutines. The timeout
is in seconds, or a datetime.timedelta; zero or less does not wait. When it is over, raises
mtaio.exceptions.QueueEmpty, which is a TimeoutError, a queue.Empty and an
asyncio.QueueEmpty. Raises QueueShutDown once the queue has been shut down and is empty,
and RuntimeError in a thread that runs an event loop.)";
inline constexpr const char* kTaskDoneDoc = R"(task_done($self, /)
--

Report that an item which get() returned has been processed.

Raises ValueError when called more often than items were put.)";
inline constexpr const char* kJoinDoc = R"(join($self, /)
--

Wait until task_done() has been called for every item put.

To be awaited.)";
inline constexpr const char* kShutdownDoc = R"(shutdown($self, /, immediate=False)
--

End the queue: later and waiting puts raise QueueShutDown.

Gets continue until the queue is empty and then raise it too. With immediate, the items
in the queue are dropped and counted as done.)";
inline constexpr const char* kQsizeDoc = R"(qsize($self, /)
--

Return the number of items in the queue.)";
inline constexpr const char* kEmptyDoc = R"(empty($self, /)
--

Return True if the queue is empty.)";
inline constexpr const char* kFullDoc = R"(full($self, /)
--

Return True if there is no room for another item.)";
inline constexpr const char* kClassGetitemDoc = "The type of a queue of such items.";

}  // namespace mtaio::python
