// expect: Simulation\(seed 5\): the tasks have not ended.* asked to stop
#include <mtaio/core.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/testing/simulation.hpp>

#include <coroutine>

namespace {

/// Lets others run, and is not a cancellation point.
class GiveWay {
 public:
  using resumes_at_home = void;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.yield(awaiting);
  }
  void await_resume() const noexcept {}

 private:
  mtaio::lowlevel::Waiter waiter_;
};

mtaio::Task<void> give_way_forever() {
  for (;;) co_await GiveWay{};
}

}  // namespace

int main() { mtaio::testing::Simulation{{.seed = 5, .max_steps = 1000}}.run(give_way_forever()); }
