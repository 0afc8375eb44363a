#include "model/programs/fan_out_results.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <typeinfo>

namespace model {

/// Whether `error` is what the child ended with.
void check_error(const Child& child, const std::exception_ptr& error) noexcept {
  expect(static_cast<bool>(error), "the error of a task is missing");
  if (child.error) return expect(child.error == error, "another error than that of the task");
  const std::type_info& type = *error.__cxa_exception_type();
  const bool right = child.ended == Ended::kCancelled ? type == typeid(mtaio::CancelledError)
                                                      : type == typeid(mtaio::TimeoutError);
  expect(right, "the error of a task is of another type");
}

void check_result(const Call& call, std::size_t index, int value) noexcept {
  expect(call.children[index].ended == Ended::kValue, "a task that failed has a result");
  expect_equal(call.children[index].value, value, "the result of a task");
}
void check_result(const Call& call, std::size_t index, const mtaio::Outcome<int>& outcome) {
  if (outcome.has_value()) return check_result(call, index, *outcome);
  expect(call.children[index].ended != Ended::kValue, "the result of a task is missing");
  check_error(call.children[index], outcome.error());
}
void check_result(const Call& call, std::size_t index, const mtaio::Outcome<void>& outcome) {
  expect_equal(call.children[index].ended == Ended::kValue, outcome.has_value(), "an outcome");
  if (!outcome.has_value()) check_error(call.children[index], outcome.error());
}

void check_failures(const Call& call, const mtaio::ExecutionError& error,
                    bool in_any_order) noexcept {
  const auto& failures = error.failures();
  if (call.is_run) {
    expect_equal(1, failures.size(), "the number of failures");
    return check_error(call.children[0], error.cause());
  }
  if (!in_any_order) expect_equal(call.failures.size(), failures.size(), "the number of failures");
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const auto& [index, cause] = failures[i];
    if (!in_any_order) expect_equal(call.failures[i], index, "the task that failed");
    check_error(call.children[index], cause);
  }
  std::array<char, 40> text{};
  if (call.sized) {
    std::snprintf(text.data(), text.size(), "task %zu of %zu failed: ", error.index(), call.size);
  } else {
    std::snprintf(text.data(), text.size(), "task %zu failed: ", error.index());
  }
  expect(std::string_view{error.what()}.starts_with(text.data()), "what() says something else");
}

}  // namespace model
