/// Prints the name of each model before its figures.
#include <doctest/doctest.h>

#include <cstdio>
#include <string_view>

namespace {

class NamePrinter : public doctest::IReporter {
 public:
  explicit NamePrinter(const doctest::ContextOptions&) {}

  void test_case_start(const doctest::TestCaseData& test_case) override {
    if (std::string_view{test_case.m_name}.starts_with("model: ")) std::puts(test_case.m_name);
  }

  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

REGISTER_LISTENER("name_printer", 2, NamePrinter);

}  // namespace
