/// Prints the name of each model before its figures.
#include "support/listener.hpp"

#include <cstdio>
#include <string_view>

namespace {

class NamePrinter : public test::Listener {
 public:
  explicit NamePrinter(const doctest::ContextOptions&) {}

  void test_case_start(const doctest::TestCaseData& test_case) override {
    if (std::string_view{test_case.m_name}.starts_with("model: ")) std::puts(test_case.m_name);
  }
};

REGISTER_LISTENER("name_printer", 2, NamePrinter);

}  // namespace
