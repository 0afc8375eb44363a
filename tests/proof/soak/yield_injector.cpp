/// To be preloaded into a program: has its threads give way at random, so that what happens once in
/// a million runs happens often. Made for ThreadSanitizer, which reports a race only if it sees
/// the two accesses without anything between them that orders them; on one core, or on a quiet
/// machine, they hardly ever come that way.
///
///   - Around the calls with which threads talk to each other (mutexes, futexes, sched_yield, the
///     start of a thread) the calling thread yields or sleeps for some microseconds, or does not.
///   - A thread of its own sends signals to threads chosen at random, whose handler does the same:
///     that reaches places without any call, such as the middle of a lock-free operation.
///
/// YIELD_SEED is where the random numbers start; the threads still decide what they meet.
/// Everything here goes to the kernel directly: what the program calls is watched by the sanitizer,
/// which must not hear of this library.

#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr int kSignal = SIGURG;  // ignored where nobody handles it
constexpr std::size_t kMostThreads = 256;

std::uint64_t seed = 1;
std::atomic<std::uint32_t> threads_seen{0};
/// The threads that may get signals; 0 is a free place.
std::atomic<pid_t> threads[kMostThreads];
std::atomic<std::size_t> places_used{0};
/// Of the initial TLS, so that a signal handler may look at it.
[[gnu::tls_model("initial-exec")]] thread_local constinit std::uint64_t random_state = 0;

long call_kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) noexcept {
  long result = number;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

/// splitmix64, by Sebastiano Vigna; each thread has its own row of numbers.
std::uint32_t draw() noexcept {
  if (random_state == 0) random_state = seed + (std::uint64_t{++threads_seen} << 40U);
  std::uint64_t bits = random_state += 0x9e3779b97f4a7c15U;
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<std::uint32_t>(bits >> 32U);
}

void sleep_for(std::uint32_t microseconds) noexcept {
  const timespec time{0, static_cast<long>(microseconds) * 1'000};
  call_kernel(SYS_nanosleep, reinterpret_cast<long>(&time));
}

/// Once in N times; otherwise immediately.
void give_way(std::uint32_t once_in) noexcept {
  if (draw() % once_in != 0) return;
  if (draw() % 2 == 0) {
    call_kernel(SYS_sched_yield);
  } else {
    sleep_for(1 + draw() % 100);
  }
}

template <class Function>
Function next(const char* name) noexcept {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// --- Signals ---

void on_signal(int) noexcept { give_way(1); }

void* send_signals(void*) {
  const long process = call_kernel(SYS_getpid);
  call_kernel(SYS_prctl, PR_SET_TIMERSLACK, 1);
  for (;;) {
    sleep_for(10 + draw() % 80);
    const std::size_t places = places_used.load(std::memory_order_relaxed);
    const pid_t thread = threads[draw() % places].load(std::memory_order_relaxed);
    if (thread != 0) call_kernel(SYS_tgkill, process, thread, kSignal);
  }
}

std::atomic<pid_t>* enlist(pid_t thread) noexcept {
  for (std::size_t i = 0; i < kMostThreads; ++i) {
    pid_t expected = 0;
    if (!threads[i].compare_exchange_strong(expected, thread, std::memory_order_relaxed)) continue;
    std::size_t used = places_used.load(std::memory_order_relaxed);
    while (used <= i &&
           !places_used.compare_exchange_weak(used, i + 1, std::memory_order_relaxed)) {
    }
    return &threads[i];
  }
  return nullptr;
}

using CreateThread = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

/// From the first thread on that the program starts: before, there is nobody to give way to.
void start_signals(CreateThread create) noexcept {
  static std::atomic<bool> started{false};
  if (started.exchange(true)) return;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  next<int (*)(int, const struct sigaction*, struct sigaction*)>("sigaction")(kSignal, &action,
                                                                              nullptr);
  enlist(static_cast<pid_t>(call_kernel(SYS_getpid)));  // the main thread
  pthread_t thread{};
  create(&thread, nullptr, &send_signals, nullptr);
}

// --- Threads ---

struct Start {
  void* (*function)(void*);
  void* argument;
};

void* run_thread(void* data) {
  const Start start = *static_cast<Start*>(data);
  next<void (*)(void*)>("free")(data);
  std::atomic<pid_t>* place = enlist(static_cast<pid_t>(call_kernel(SYS_gettid)));
  give_way(2);
  void* result = start.function(start.argument);
  if (place) place->store(0, std::memory_order_relaxed);
  return result;
}

[[gnu::constructor]] void read_seed() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else is there yet
  if (const char* text = std::getenv("YIELD_SEED")) seed = std::strtoull(text, nullptr, 10) + 1;
}

}  // namespace

// The names of the parameters are not those of the C library, which are reserved.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
#define MTAIO_INJECT extern "C" [[gnu::visibility("default")]]

MTAIO_INJECT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                void* (*function)(void*), void* argument) {
  static const auto create = next<CreateThread>("pthread_create");
  start_signals(create);
  auto* start = static_cast<Start*>(next<void* (*)(std::size_t)>("malloc")(sizeof(Start)));
  if (!start) return EAGAIN;
  *start = {function, argument};
  const int result = create(thread, attributes, &run_thread, start);
  if (result != 0) next<void (*)(void*)>("free")(start);
  give_way(2);
  return result;
}

MTAIO_INJECT int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static const auto lock = next<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  give_way(8);
  const int result = lock(mutex);
  give_way(16);
  return result;
}

MTAIO_INJECT int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  static const auto unlock = next<int (*)(pthread_mutex_t*)>("pthread_mutex_unlock");
  const int result = unlock(mutex);
  give_way(8);
  return result;
}

MTAIO_INJECT int sched_yield() {
  give_way(4);
  return static_cast<int>(call_kernel(SYS_sched_yield));
}

MTAIO_INJECT long syscall(long number, ...) {
  std::va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_futex) give_way(2);
  const long result = call_kernel(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                  arguments[4], arguments[5]);
  if (number == SYS_futex) give_way(2);
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
