/// What a test writes on standard error.
#pragma once

#include <mtaio/task.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

namespace test {

/// What is written on standard error while it lives.
class CapturedStderr {
 public:
  CapturedStderr() : file_{std::tmpfile()}, saved_{::dup(STDERR_FILENO)} {
    std::fflush(stderr);
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;
  ~CapturedStderr() {
    restore();
    std::fclose(file_);
  }

  std::string text() {
    restore();
    std::string all;
    REQUIRE(std::fseek(file_, 0, SEEK_SET) == 0);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) all += static_cast<char>(c);
    return all;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    std::fflush(stderr);
    ::dup2(saved_, STDERR_FILENO);
    ::close(std::exchange(saved_, -1));
  }

  std::FILE* file_;
  int saved_;
};

/// What a test writes there, which runs with one thread.
inline std::string stderr_of(mtaio::Task<void> (*test)()) {
  CapturedStderr captured;
  on_one_thread(test);
  return captured.text();
}

inline std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++count;
  return count;
}

}  // namespace test
