/// One small program for each kind of failure.
#include "interleave/litmus/outcomes.hpp"

#include <doctest/doctest.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace {

using namespace litmus;
using mtaio::testing::interleave::require;

std::string kind(FailureKind kind) { return std::string{to_string(kind)}; }

void futex_wait(std::atomic<unsigned>& word, unsigned expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
void futex_wake(std::atomic<unsigned>& word, int most) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, most, nullptr, nullptr, 0);
}

/// Hides an object from the compiler, which would leave out its allocation.
template <class T>
T* hidden(T* object) {
  T* volatile unknown = object;
  return unknown;
}

TEST_CASE("failures: two threads write the same plain variable") {
  const auto program = [](bool locked) -> std::function<void()> {
    return [=] {
      int value = 0;
      std::mutex mutex;
      const auto thread = [&] {
        std::unique_lock<std::mutex> guard{mutex, std::defer_lock};
        if (locked) guard.lock();
        ++value;
      };
      in_threads(thread, thread);
      require(value == 2, "both have written");
    };
  };
  CHECK(failure_of(program(true), Memory::kCpp20) == "none");
  CHECK(failure_of(program(false), Memory::kCpp20) == kind(FailureKind::kDataRace));
}

TEST_CASE("failures: an atomic operation beside a plain one") {
  const auto program = [] {
    std::atomic<int> value{0};
    in_threads([&] { value.store(1, kRelaxed); },
               [&] { *reinterpret_cast<volatile int*>(&value) = 2; });
  };
  CHECK(failure_of(program, Memory::kCpp20) == kind(FailureKind::kDataRace));
}

TEST_CASE("failures: two mutexes are locked in opposite orders") {
  const auto program = [] {
    std::mutex a;
    std::mutex b;
    const auto lock_both = [](std::mutex& first, std::mutex& second) {
      const std::scoped_lock outer{first};
      const std::scoped_lock inner{second};
    };
    in_threads([&] { lock_both(a, b); }, [&] { lock_both(b, a); });
  };
  CHECK(failure_of(program, Memory::kCpp20) == kind(FailureKind::kDeadlock));
}

TEST_CASE("failures: a condition is signalled before the wait for it") {
  const auto program = [](bool looks) -> std::function<void()> {
    return [=] {
      std::mutex mutex;
      std::condition_variable changed;
      bool ready = false;
      in_threads(
          [&] {
            std::unique_lock guard{mutex};
            if (looks) {
              changed.wait(guard, [&] { return ready; });
            } else {
              changed.wait(guard);
            }
          },
          [&] {
            const std::scoped_lock guard{mutex};
            ready = true;
            changed.notify_one();
          });
    };
  };
  CHECK(failure_of(program(true), Memory::kCpp20) == "none");
  CHECK(failure_of(program(false), Memory::kCpp20) == kind(FailureKind::kLostWakeUp));
}

TEST_CASE("failures: a thread sleeps in a futex that is woken too early") {
  const auto program = [](bool wakes_last) -> std::function<void()> {
    return [=] {
      std::atomic<unsigned> word{0};
      in_threads(
          [&] {
            while (word.load(kAcquire) == 0) futex_wait(word, 0);
          },
          [&] {
            if (!wakes_last) futex_wake(word, 1);
            word.store(1, kRelease);
            if (wakes_last) futex_wake(word, 1);
          });
    };
  };
  CHECK(failure_of(program(true), Memory::kCpp20) == "none");
  CHECK(failure_of(program(false), Memory::kCpp20) == kind(FailureKind::kLostWakeUp));
}

TEST_CASE("failures: two threads each wait for the other, spinning") {
  const auto program = [] {
    std::atomic<int> a{0};
    std::atomic<int> b{0};
    in_threads(
        [&] {
          while (a.load(kAcquire) == 0) std::this_thread::yield();
          b.store(1, kRelease);
        },
        [&] {
          while (b.load(kAcquire) == 0) std::this_thread::yield();
          a.store(1, kRelease);
        });
  };
  CHECK(failure_of(program, Memory::kCpp20) == kind(FailureKind::kLivelock));
}

TEST_CASE("failures: a thread that waits for a flag goes on in the end") {
  const auto program = [] {
    std::atomic<int> flag{0};
    int data = 0;
    in_threads(
        [&] {
          while (flag.load(kAcquire) == 0) std::this_thread::yield();
          require(data == 1, "the data is seen with the flag");
        },
        [&] {
          data = 1;
          flag.store(1, kRelease);
        });
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
  CHECK(failure_of(program, Memory::kX86) == "none");
}

TEST_CASE("failures: a thread that spins waits for one that sleeps") {
  const auto program = [] {
    std::atomic<int> flag{0};
    in_threads(
        [&] {
          while (flag.load(kAcquire) == 0) std::this_thread::yield();
        },
        [&] {
          std::this_thread::sleep_for(std::chrono::hours{1});
          flag.store(1, kRelease);
        });
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("failures: memory is used after it is freed") {
  const auto alone = [] {
    auto* value = hidden(new std::atomic<int>{0});
    delete value;
    value->store(1, kRelaxed);
  };
  CHECK(failure_of(alone, Memory::kCpp20) == kind(FailureKind::kUseAfterFree));
  const auto ordered = [] {
    auto* value = new int{0};
    std::atomic<int> freed{0};
    in_threads(
        [&] {
          delete value;
          freed.store(1, kRelease);
        },
        [&] {
          if (freed.load(kAcquire) == 1) *value = 1;
        });
    if (freed.load(kRelaxed) == 0) delete value;
  };
  CHECK(failure_of(ordered, Memory::kCpp20) == kind(FailureKind::kUseAfterFree));
}

TEST_CASE("failures: a variable on the stack is used after its block") {
  const auto program = [](bool waits) -> std::function<void()> {
    return [=] {
      std::atomic<std::atomic<int>*> published{nullptr};
      in_threads(
          [&] {
            std::atomic<int> variable{0};
            published.store(&variable, kRelease);
            while (waits && variable.load(kAcquire) == 0) std::this_thread::yield();
          },
          [&] {
            std::atomic<int>* variable = nullptr;
            while (!(variable = published.load(kAcquire))) std::this_thread::yield();
            variable->store(1, kRelease);
          });
    };
  };
  CHECK(failure_of(program(true), Memory::kCpp20) == "none");
  CHECK(failure_of(program(false), Memory::kCpp20) == kind(FailureKind::kUseAfterFree));
}

TEST_CASE("failures: an access to memory that another thread frees is a race in either order") {
  const auto program = [] {
    auto* value = new std::atomic<int>{0};
    in_threads([=] { value->store(1, kRelaxed); }, [=] { delete value; });
  };
  const std::string found = failure_of(program, Memory::kCpp20);
  CHECK((found == kind(FailureKind::kDataRace) || found == kind(FailureKind::kUseAfterFree)));
}

TEST_CASE("failures: the last of two owners deletes the object") {
  const auto program = [](Order order) -> std::function<void()> {
    struct Object {
      std::atomic<int> owners{2};
      int value = 0;
    };
    return [=] {
      auto* object = new Object;
      std::atomic<int> values{0};
      const auto release = [&, object] {
        values.fetch_add(object->value, kRelaxed);
        if (object->owners.fetch_sub(1, order) == 1) delete object;
      };
      in_threads(release, release);
    };
  };
  CHECK(failure_of(program(kAcqRel), Memory::kCpp20) == "none");
  CHECK(failure_of(program(kAcquire), Memory::kCpp20) == kind(FailureKind::kDataRace));
  CHECK(failure_of(program(kRelease), Memory::kCpp20) == kind(FailureKind::kDataRace));
}

TEST_CASE("failures: the last of two owners deletes the object, which they leave by exchanges") {
  struct Object {
    std::atomic<int> owners{2};
  };
  const auto program = [] {
    auto* object = new Object;
    const auto release = [=] {
      int owners = object->owners.load(kRelaxed);
      while (!object->owners.compare_exchange_weak(owners, owners - 1, kAcqRel, kRelaxed)) {
      }
      if (owners == 1) delete object;
    };
    in_threads(release, release);
  };
  CHECK(failure_of(program, Memory::kCpp20) == "none");
}

TEST_CASE("failures: memory is never freed, or twice, or used beyond its end") {
  CHECK(failure_of([] { hidden(new int{0}); }, Memory::kCpp20) == kind(FailureKind::kLeak));
  const auto twice = [] {
    int* value = hidden(new int{0});
    delete value;
    delete hidden(value);
  };
  CHECK(failure_of(twice, Memory::kCpp20) == kind(FailureKind::kBadFree));
  const auto beyond = [] {
    const std::unique_ptr<int[]> values{hidden(new int[2])};
    values[2] = 1;
  };
  CHECK(failure_of(beyond, Memory::kCpp20) == kind(FailureKind::kOutOfBounds));
}

TEST_CASE("failures: an exception that is not caught, and one that is") {
  const auto uncaught = [] { in_threads([] { throw std::runtime_error{"not caught"}; }); };
  CHECK(failure_of(uncaught, Memory::kCpp20) == kind(FailureKind::kTerminated));
  const auto caught = [] {
    const auto thread = [] {
      try {
        throw std::runtime_error{"caught"};
      } catch (const std::runtime_error& error) {
        require(std::strcmp(error.what(), "caught") == 0, "each thread has its own exception");
      }
    };
    in_threads(thread, thread);
  };
  CHECK(failure_of(caught, Memory::kCpp20) == "none");
}

TEST_CASE("failures: a mutex is unlocked by a thread that has not locked it") {
  const auto program = [] {
    std::mutex mutex;
    mutex.unlock();
  };
  CHECK(failure_of(program, Memory::kCpp20) == kind(FailureKind::kMisuse));
}

}  // namespace
