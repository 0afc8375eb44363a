/// An extension module whose functions are C++ tasks: docs/python.md walks through it.
#include <mtaio/core.hpp>
#include <mtaio/python.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using Number = std::int64_t;
using Numbers = std::shared_ptr<mtaio::AsyncQueue<Number>>;

/// Runs on workers of C++; `await` it from asyncio.
mtaio::Task<Number> add_slowly(Number a, Number b, double seconds) {
  co_await mtaio::sleep(std::chrono::duration<double>{seconds});
  co_return a + b;
}

mtaio::Task<void> refuse(std::string why) {
  co_await mtaio::sleep(std::chrono::milliseconds{1});
  throw std::invalid_argument{why};
}

/// Awaits an awaitable of Python.
mtaio::Task<Number> twice(mtaio::python::Awaitable<Number> number) {
  const Number value = co_await std::move(number);
  co_return 2 * value;
}

/// The same under a time limit.
mtaio::Task<Number> twice_within(double seconds, mtaio::python::Awaitable<Number> number) {
  mtaio::TaskExecutor executor;
  const std::chrono::duration<double> timeout{seconds};
  co_return co_await executor.run(twice(std::move(number)), {.timeout = timeout});
}

/// Calls a Python function, plain or async, in the event loop that passed it.
mtaio::Task<Number> sum_of(mtaio::python::Function<Number(Number)> f, Number count) {
  Number sum = 0;
  for (Number i = 0; i < count; ++i) sum += co_await f(i);
  co_return sum;
}

/// A queue for C++ tasks, event loops and threads.
Numbers make_queue(Number maxsize) {
  return std::make_shared<mtaio::AsyncQueue<Number>>(static_cast<std::ptrdiff_t>(maxsize));
}

mtaio::Task<void> produce(Numbers queue, Number first, Number count) {
  for (Number i = first; i < first + count; ++i) co_await queue->put(i);
}

mtaio::Task<Number> consume(Numbers queue, Number count) {
  Number sum = 0;
  for (Number i = 0; i < count; ++i) sum += co_await queue->get();
  co_return sum;
}

/// Moves items from a queue made in Python to another one. C++ workers do not take the GIL, and so
/// never look at the items.
using Objects = std::shared_ptr<mtaio::AsyncQueue<mtaio::python::Object>>;
mtaio::Task<void> forward(Objects source, Objects target, Number count) {
  for (Number i = 0; i < count; ++i) {
    mtaio::python::Object item = co_await source->get();
    co_await target->put(std::move(item));
  }
}

PyMethodDef methods[] = {
    mtaio::python::method<add_slowly>("add_slowly", "Adds two numbers, after some seconds."),
    mtaio::python::method<refuse>("refuse", "Raises ValueError."),
    mtaio::python::method<twice>("twice", "Awaits a number and doubles it."),
    mtaio::python::method<twice_within>("twice_within", "The same, with a time limit in seconds."),
    mtaio::python::method<sum_of>("sum_of", "Adds up the results of a function for 0, 1, 2, ..."),
    mtaio::python::method<make_queue>("make_queue", "A queue of numbers."),
    mtaio::python::method<produce>("produce", "Puts numbers into a queue."),
    mtaio::python::method<consume>("consume", "Adds up numbers from a queue."),
    mtaio::python::method<forward>("forward", "Takes items from one queue to another."),
    {},
};

PyModuleDef module{PyModuleDef_HEAD_INIT,
                   "bridge_example",
                   "C++ tasks for asyncio.",
                   -1,
                   methods,
                   nullptr,
                   nullptr,
                   nullptr,
                   nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_bridge_example();
PyMODINIT_FUNC PyInit_bridge_example() { return PyModule_Create(&module); }
