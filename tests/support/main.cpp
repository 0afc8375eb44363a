/// The test runner: doctest, and a limit on the time that one test case may take.
///
/// A test of a coroutine library fails by hanging as often as by being wrong. After
/// MTAIO_TEST_CASE_SECONDS (60 unless set) the test case is named and the program aborts.

#include "support/doing.hpp"

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "support/listener.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

// Written by the thread that runs the test cases, read by the signal handler in whichever thread it
// lands.
std::atomic<const char*> running_test_case{""};

void write_error(const char* text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

extern "C" void on_alarm(int) {
  write_error("\nThis test case hangs: ");
  write_error(running_test_case.load());
  if (const char* doing = test::doing.load()) {
    write_error("\nIt is at: ");
    write_error(doing);
  }
  write_error("\n");
  // doctest would catch SIGABRT and go on in this handler, with locks held that the hanging threads
  // may want.
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

unsigned limit_in_seconds() {
  const char* text = std::getenv("MTAIO_TEST_CASE_SECONDS");  // NOLINT(concurrency-mt-unsafe)
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : 60;
}

class HangDetector : public test::Listener {
 public:
  explicit HangDetector(const doctest::ContextOptions&) { std::signal(SIGALRM, on_alarm); }

  void test_case_start(const doctest::TestCaseData& test_case) override {
    running_test_case = test_case.m_name;
    ::alarm(limit_);
  }
  void test_case_end(const doctest::CurrentTestCaseStats&) override { ::alarm(0); }

 private:
  const unsigned limit_ = limit_in_seconds();
};

REGISTER_LISTENER("hang_detector", 1, HangDetector);

}  // namespace
