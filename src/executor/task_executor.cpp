#include <mtaio/task_executor.hpp>

namespace mtaio {

TaskExecutor::TaskExecutor() = default;

TaskExecutor::TaskExecutor(ThreadPool& thread_pool) : thread_pool_{&thread_pool} {}

TaskExecutor::~TaskExecutor() = default;

}  // namespace mtaio
