#include "model/explore/explore.hpp"

#include "model/explore/check.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

// Under sanitizers that look for leaks.
extern "C" [[gnu::weak]] int
__lsan_do_recoverable_leak_check();  // NOLINT(*-reserved-identifier,*-identifier-naming)

namespace model {
namespace {

using Clock = std::chrono::steady_clock;

/// What a process lets the one that started it know, also by its death.
struct Report {
  std::atomic<std::uint64_t> seed{0};       // that runs now, or ran last
  std::atomic<std::uint64_t> schedules{0};  // how many are over
  std::array<char, 240> what{};             // differs
};

Report* report = nullptr;  // in a process that explores

/// Memory that a process shares with those that it starts.
class Reports {
 public:
  explicit Reports(unsigned count) : size_{count * sizeof(Report)} {
    void* memory =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    reports_ = {static_cast<Report*>(memory), count};
    for (Report& each : reports_) ::new (&each) Report;
  }
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;
  ~Reports() { ::munmap(reports_.data(), size_); }

  Report& operator[](std::size_t index) const noexcept { return reports_[index]; }

 private:
  std::size_t size_;
  std::span<Report> reports_;
};

pid_t start_process() {
  std::fflush(nullptr);
  const pid_t process = ::fork();
  if (process < 0) throw std::system_error{errno, std::generic_category(), "fork"};
  return process;
}

[[noreturn]] void explore_here(const Entry& entry, const ExploreOptions& options, unsigned job,
                               Report& own) {
  report = &own;
  const auto program = entry.make();
  for (std::uint64_t i = job; i < options.seeds; i += options.jobs) {
    own.seed.store(options.first_seed + i, std::memory_order_relaxed);
    program->run(options.first_seed + i);
    own.schedules.store(own.schedules.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }
  if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0) {
    diverged("some seed up to this one leaks memory");
  }
  std::fflush(nullptr);
  std::_Exit(0);
}

/// One process that explores, seen by the one that has started it.
struct Job {
  pid_t process;
  Report* report;
  std::uint64_t seen = 0;  // the number of schedules at `moved`
  Clock::time_point moved = Clock::now();
  bool hangs = false;

  /// Whether it gets nowhere; then it is ended.
  void watch(std::chrono::seconds patience) {
    const std::uint64_t schedules = report->schedules.load(std::memory_order_relaxed);
    if (schedules != seen) {
      seen = schedules;
      moved = Clock::now();
    } else if (Clock::now() - moved > patience && !hangs) {
      hangs = true;
      ::kill(process, SIGKILL);
    }
  }

  /// What an end with this status means; empty if all is well.
  [[nodiscard]] std::string verdict(int status) const {
    if (hangs) return "hangs";
    if (report->what[0] != '\0') return report->what.data();
    if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0) return "ended with status " + std::to_string(WEXITSTATUS(status));
    return {};
  }
};

double seconds_of(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Looks at each job once, and takes out those that have ended.
void look_after(std::vector<Job>& jobs, const ExploreOptions& options, Exploration& exploration) {
  std::erase_if(jobs, [&](Job& job) {
    job.watch(options.patience);
    int status = 0;
    rusage usage{};
    if (::wait4(job.process, &status, WNOHANG, &usage) != job.process) return false;
    exploration.schedules += job.report->schedules;
    exploration.cpu_seconds += seconds_of(usage);
    const std::string what = job.verdict(status);
    if (what.empty() || exploration.failure) return true;
    exploration.failure = Failure{job.report->seed, what};
    return true;
  });
}

[[noreturn]] void end_process(std::string_view what) noexcept {
  if (report) {
    const std::size_t length = std::min(what.size(), report->what.size() - 1);
    std::memcpy(report->what.data(), what.data(), length);
  } else {
    std::printf("It differs: %.*s\n", static_cast<int>(what.size()), what.data());
  }
  std::fflush(nullptr);
  std::_Exit(1);
}

}  // namespace

void diverged(std::string_view what) noexcept { end_process(what); }

void diverged(std::string_view what, std::int64_t expected, std::int64_t found) noexcept {
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), "%.*s: %lld, should be %lld",
                static_cast<int>(what.size()), what.data(), static_cast<long long>(found),
                static_cast<long long>(expected));
  end_process(text.data());
}

void print_note(std::int64_t nanoseconds, const char* format, ...) noexcept {
  std::printf("%12lld  ", static_cast<long long>(nanoseconds));
  std::va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
  std::fflush(stdout);  // whatever happens next
}

Exploration explore(const Entry& entry, const ExploreOptions& options) {
  const Reports reports{options.jobs};
  std::vector<Job> jobs;
  for (unsigned job = 0; job < options.jobs; ++job) {
    const pid_t process = start_process();
    if (process == 0) explore_here(entry, options, job, reports[job]);
    jobs.push_back({.process = process, .report = &reports[job]});
  }
  Exploration exploration;
  bool stopped = false;
  while (!jobs.empty()) {
    look_after(jobs, options, exploration);
    if (exploration.failure && !stopped) {
      for (const Job& job : jobs) ::kill(job.process, SIGKILL);
      stopped = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return exploration;
}

std::vector<std::string> story_of(const Entry& entry, std::uint64_t seed) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
  const pid_t process = start_process();
  if (process == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::alarm(static_cast<unsigned>(ExploreOptions{}.patience.count()));
    tracing = true;
    entry.make()->run(seed);
    std::puts("And so it ends well.");
    std::fflush(stdout);
    std::_Exit(0);
  }
  ::close(ends[1]);
  std::vector<std::string> lines;
  std::FILE* file = ::fdopen(ends[0], "r");
  std::array<char, 1000> line{};
  while (file && std::fgets(line.data(), line.size(), file)) lines.emplace_back(line.data());
  if (file) std::fclose(file);
  ::waitpid(process, nullptr, 0);
  return lines;
}

}  // namespace model
