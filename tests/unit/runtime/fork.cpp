#include <mtaio/core.hpp>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace {

struct Ended {
  int exit_status = -1;
  int signal = 0;
  std::string said;  // on standard error
};

/// Forks, and waits for what the child does. The child has to call _exit().
class Child {
 public:
  Child() {
    REQUIRE(::pipe(pipe_.data()) == 0);
    id_ = ::fork();
    REQUIRE(id_ >= 0);
    if (id_ == 0) {
      std::signal(SIGABRT, SIG_DFL);  // doctest would report it as a failure of the test
      ::dup2(pipe_[1], STDERR_FILENO);
    }
    ::close(pipe_[1]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { ::close(pipe_[0]); }

  [[nodiscard]] bool here() const { return id_ == 0; }

  [[nodiscard]] Ended wait() const {
    Ended ended;
    std::array<char, 256> part{};
    for (ssize_t size = 0; (size = ::read(pipe_[0], part.data(), part.size())) > 0;) {
      ended.said.append(part.data(), static_cast<std::size_t>(size));
    }
    int status = 0;
    REQUIRE(::waitpid(id_, &status, 0) == id_);
    if (WIFEXITED(status)) ended.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
    return ended;
  }

 private:
  std::array<int, 2> pipe_{};
  ::pid_t id_ = 0;
};

mtaio::Task<int> answer() {
  co_await mtaio::sleep(1ms);
  co_return 42;
}

mtaio::Task<int> answer_from(mtaio::ThreadPool& pool) {
  mtaio::TaskExecutor executor{pool};
  co_return co_await executor.run_in_thread([] { return 42; });
}

/// Has threads of all kinds.
mtaio::Task<void> use_threads() {
  mtaio::TaskExecutor executor;
  std::vector<int> sleeps(4, 1);
  const auto nap = [](int) { return mtaio::sleep(1ms); };
  co_await executor.map(nap, sleeps);
  co_await executor.run_in_thread([] {});
}

template <class Expected, class F>
int status_of(F use) {
  try {
    use();
  } catch (const Expected& error) {
    return std::string{error.what()}.find("forked") != std::string::npos ? 0 : 1;
  }
  return 2;
}

}  // namespace

TEST_CASE(
    "Runtime::run: in a forked child it is immediately a logic_error, and the parent continues") {
  mtaio::Runtime runtime{{.threads = 2}};
  runtime.run(use_threads());
  const Child child;
  if (child.here()) ::_exit(status_of<std::logic_error>([&] { runtime.run(answer()); }));
  CHECK(child.wait().exit_status == 0);
  CHECK(runtime.run(answer()) == 42);
}

TEST_CASE("Runtime: a forked child can make one of its own, in turn too") {
  mtaio::Runtime runtime{{.threads = 2}};
  runtime.run(use_threads());
  const Child child;
  if (child.here()) {
    const Child grandchild;
    if (grandchild.here()) ::_exit(mtaio::run(answer(), {.threads = 1}));
    const int first = grandchild.wait().exit_status;
    ::_exit(first == 42 ? mtaio::run(answer(), {.threads = 1}) : 1);
  }
  CHECK(child.wait().exit_status == 42);
  CHECK(runtime.run(answer()) == 42);
}

TEST_CASE(
    "ThreadPool: in a forked child it is immediately a logic_error, and the parent continues") {
  mtaio::ThreadPool pool{2};
  CHECK(mtaio::run(answer_from(pool), {.threads = 1}) == 42);
  const Child child;
  if (child.here()) {
    ::_exit(
        status_of<mtaio::ExecutionError>([&] { mtaio::run(answer_from(pool), {.threads = 1}); }));
  }
  CHECK(child.wait().exit_status == 0);
  CHECK(mtaio::run(answer_from(pool), {.threads = 1}) == 42);
}

TEST_CASE(
    "fork: the parent's objects can be destroyed in the child, and tasks continue in the parent") {
  auto runtime = std::make_unique<mtaio::Runtime>(mtaio::RuntimeOptions{.threads = 2});
  std::optional<mtaio::ThreadPool> pool{2};
  std::optional<mtaio::TaskExecutor> executor{*pool};
  const auto fork_with_tasks = [](auto& in) -> mtaio::Task<int> {
    auto task = in->create_task(answer());
    const auto destroy_in_child = [&in] {
      const Child child;
      if (child.here()) {
        in.reset();
        ::_exit(7);
      }
      return child.wait().exit_status;
    };
    const int status = co_await in->run_in_thread(destroy_in_child);
    co_return status + co_await task;
  };
  CHECK(runtime->run(fork_with_tasks(executor)) == 7 + 42);
  const Child child;
  if (child.here()) {
    executor.reset();
    pool.reset();
    runtime.reset();
    ::_exit(7);
  }
  CHECK(child.wait().exit_status == 7);
}

TEST_CASE("fork: a child that stays in the task that forked is ended with a message") {
  const auto fork_and_go_on = [](Ended& ended) -> mtaio::Task<int> {
    const Child child;
    co_await mtaio::sleep(1ms);
    if (!child.here()) ended = child.wait();
    co_return 42;
  };
  Ended ended;
  CHECK(mtaio::run(fork_and_go_on(ended), {.threads = 1}) == 42);
  CHECK(ended.signal == SIGABRT);
  CHECK(ended.said.find("has forked") != std::string::npos);
}

TEST_CASE("fork: a child that stays in the function in a thread that forked is ended, too") {
  mtaio::TaskExecutor executor;
  const auto fork_in_thread = [](mtaio::TaskExecutor& in) -> mtaio::Task<Ended> {
    const auto fork_and_return = [] {
      const Child child;
      return child.here() ? Ended{} : child.wait();
    };
    co_return co_await in.run_in_thread(fork_and_return);
  };
  const Ended ended = mtaio::run(fork_in_thread(executor), {.threads = 1});
  CHECK(ended.signal == SIGABRT);
  CHECK(ended.said.find("has forked") != std::string::npos);
}
