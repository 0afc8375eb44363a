#include "support/benchmark.hpp"
#include "support/marks.hpp"
#include "support/plain_pool.hpp"

#include <semaphore>

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"tasks", 1'000'000}, {"limit", 64}}};
  const std::size_t tasks = benchmark["tasks"];
  bench::Marks marks{tasks};
  benchmark.timed([&] {
    std::counting_semaphore<> room{static_cast<std::ptrdiff_t>(benchmark["limit"])};
    bench::PlainPool pool{benchmark["limit"]};
    for (std::size_t i = 0; i < tasks; ++i) {
      room.acquire();
      pool.submit([&marks, &room, i] {
        marks.mark(i);
        room.release();
      });
    }
  });
  return benchmark.report(marks.each_once(), tasks);
}
