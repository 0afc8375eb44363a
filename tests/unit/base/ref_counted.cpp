#include <mtaio/base/ref_counted.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <thread>
#include <vector>

namespace {

class Shared : public mtaio::internal::RefCounted<Shared> {
 public:
  explicit Shared(std::size_t& sum) : sum_{sum} {}
  void add(std::size_t value) { values_.push_back(value); }

 private:
  friend class mtaio::internal::RefCounted<Shared>;
  void on_last_release() noexcept {
    for (const std::size_t value : values_) sum_ += value;
    delete this;
  }

  std::size_t& sum_;
  std::vector<std::size_t> values_;
};

TEST_CASE("reference count: the last release calls the hook, once") {
  std::size_t sum = 0;
  auto* shared = new Shared{sum};
  shared->retain();
  shared->add(1);
  shared->release();
  CHECK(sum == 0);
  shared->add(2);
  shared->release();
  CHECK(sum == 3);
}

TEST_CASE("reference count: the hook sees what each owner did before its release") {
  constexpr std::size_t kThreads = 4;
  struct Slots : mtaio::internal::RefCounted<Slots> {
    std::vector<std::size_t> values = std::vector<std::size_t>(kThreads);
    std::size_t sum = 0;
    void on_last_release() noexcept {
      for (const std::size_t value : values) sum += value;
    }
  };
  for (int round = 0; round < 100; ++round) {
    Slots slots;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      slots.retain();
      threads.emplace_back([&slots, i] {
        slots.values[i] = i + 1;
        slots.release();
      });
    }
    slots.release();
    for (std::thread& thread : threads) thread.join();
    CHECK(slots.sum == 10);
  }
}

}  // namespace
