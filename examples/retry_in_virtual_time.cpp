/// A client that retries with growing pauses, and its test in virtual time: half a minute of
/// waiting takes microseconds, and simultaneous events are tried in a thousand orders.
#include <mtaio/core.hpp>
#include <mtaio/testing/explore.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <set>
#include <string>

using namespace std::chrono_literals;
using mtaio::testing::Simulation;

/// A server that does not answer before it has started.
class Server {
 public:
  mtaio::Task<std::string> answer() {
    ++asked_;
    co_await ready_.wait();
    co_return "42";
  }
  mtaio::Task<void> start(mtaio::Timeout time) {
    co_await mtaio::sleep(time);
    ready_.count_down();
  }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  mtaio::Latch ready_{1};
  int asked_ = 0;
};

/// The code under test: asks up to four times, and waits 5 s for each answer.
mtaio::Task<std::optional<std::string>> ask(Server& server) {
  mtaio::TaskExecutor executor;
  auto pause = 500ms;
  while (pause < 8s) {
    try {
      co_return co_await executor.run(server.answer(), {.timeout = 5s});
    } catch (const mtaio::TimeoutError&) {
      pause *= 2;
    }
    co_await mtaio::sleep(pause);
  }
  co_return std::nullopt;
}

mtaio::Task<std::optional<std::string>> ask_while_it_starts(Server& server, mtaio::Timeout time) {
  mtaio::TaskExecutor executor;
  auto starting = executor.create_task(server.start(time));
  co_return co_await ask(server);
}

int main() {
  Simulation simulation;
  Server silent;
  const auto answer = simulation.run(ask(silent));
  std::cout << (answer ? "An answer" : "No answer") << " after "
            << std::chrono::duration_cast<std::chrono::seconds>(simulation.elapsed()).count()
            << " s, asked " << silent.asked() << " times\n";

  // The server starts at the moment when the first attempt ends. Either may come first.
  std::set<int> attempts;
  mtaio::testing::explore(
      [&attempts](Simulation& random) {
        Server late;
        if (random.run(ask_while_it_starts(late, 5s)) != "42") throw std::logic_error{"no answer"};
        attempts.insert(late.asked());
      },
      {.seeds = 1000});
  std::cout << "An answer at the last moment takes";
  for (const int count : attempts)
    std::cout << (count == *attempts.begin() ? " " : " or ") << count;
  std::cout << " attempts\n";
}
