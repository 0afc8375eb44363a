/// The bridge between C++ tasks and asyncio, for extension modules. See docs/python.md.
#pragma once

#include <mtaio/python/awaitable.hpp>
#include <mtaio/python/convert.hpp>
#include <mtaio/python/method.hpp>
#include <mtaio/python/object.hpp>
#include <mtaio/python/python_error.hpp>
#include <mtaio/python/queues.hpp>
#include <mtaio/python/task_call.hpp>
