/// The errors of the queues. Out of line, so that operations stay small.
#pragma once

namespace mtaio::internal {

[[noreturn, gnu::visibility("default")]] void throw_put_after_shutdown(const char* queue);
[[noreturn, gnu::visibility("default")]] void throw_get_after_shutdown(const char* queue);
[[noreturn, gnu::visibility("default")]] void throw_task_done_too_often(const char* queue);

}  // namespace mtaio::internal
