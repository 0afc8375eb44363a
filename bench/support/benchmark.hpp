/// The frame of every benchmark program: options, clocks, one line of JSON.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bench {

/// The processor time of all threads of this process, or of its children (RUSAGE_CHILDREN), in
/// milliseconds.
inline double cpu_ms(decltype(RUSAGE_SELF) who = RUSAGE_SELF) {
  rusage usage{};
  getrusage(who, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

/// The peak memory of this process. Not ru_maxrss, which is inherited from the process that ran it.
inline std::size_t peak_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  return 0;
}

/// One run of one benchmark program.
///
///     int main(int argc, char** argv) {
///       bench::Benchmark fib{argc, argv, {{"n", 36}}};
///       const auto result = fib.timed([&] { return compute(fib["n"], fib.threads()); });
///       return fib.report(result == expected(fib["n"]), calls(fib["n"]));
///     }
class Benchmark {
 public:
  /// The options are `--threads N` and, for each of `sizes`, one with a number and this default.
  Benchmark(int argc, char** argv, std::initializer_list<std::pair<const char*, long>> sizes) {
    options_["threads"] = 1;
    for (const auto& [name, value] : sizes) options_[name] = value;
    for (int i = 1; i < argc; i += 2) {
      const std::string_view option{argv[i]};
      const auto known = options_.find(std::string{option.substr(option.find_first_not_of('-'))});
      if (known == options_.end() || i + 1 == argc) usage(argv[0]);
      known->second = std::strtol(argv[i + 1], nullptr, 10);
    }
  }

  [[nodiscard]] std::size_t operator[](const char* size) const {
    return static_cast<std::size_t>(options_.at(size));
  }
  [[nodiscard]] std::size_t threads() const { return (*this)["threads"]; }

  /// Does the work and measures it. The start and the end of a runtime are part of the work.
  template <class Work>
  auto timed(Work work) {
    const double cpu = cpu_ms();
    const auto start = std::chrono::steady_clock::now();
    const auto stop = [&] {
      const std::chrono::duration<double, std::milli> wall =
          std::chrono::steady_clock::now() - start;
      figures_["wall_ms"] = wall.count();
      figures_["cpu_ms"] = cpu_ms() - cpu;
    };
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      stop();
    } else {
      auto result = work();
      stop();
      return result;
    }
  }

  /// Adds a figure to the report.
  void note(const char* name, double figure) { figures_[name] = figure; }

  /// Prints the figures. Returns the exit code of the program: 1 if the answer was wrong.
  [[nodiscard]] int report(bool right, std::size_t items) const {
    if (!right) {
      std::fputs("The answer is wrong.\n", stderr);
      return 1;
    }
    std::printf("{\"items\": %zu, \"peak_kib\": %zu", items, peak_kib());
    for (const auto& [name, figure] : figures_) std::printf(", \"%s\": %.3f", name.c_str(), figure);
    std::puts("}");
    return 0;
  }

 private:
  [[noreturn]] void usage(const char* program) const {
    std::fprintf(stderr, "%s with any of:", program);
    for (const auto& [name, value] : options_)
      std::fprintf(stderr, " --%s %ld", name.c_str(), value);
    std::fputs("\n", stderr);
    std::exit(2);
  }

  std::map<std::string, long> options_;
  std::map<std::string, double> figures_;
};

}  // namespace bench
