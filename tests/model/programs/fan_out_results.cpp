#include "model/programs/fan_out_results.hpp"

#include "base/exception_cast.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <typeinfo>

namespace model {

using mtaio::internal::exception_cast;

/// What is nested in an error of the library's; null if nothing is.
std::exception_ptr nested_in(const std::exception_ptr& error) noexcept {
  const auto* nesting = exception_cast<std::nested_exception>(error);
  return nesting ? nesting->nested_ptr() : nullptr;
}

/// Whether `error` is what the child ended with, having thrown `thrown`.
void check_error(const Child& child, const std::exception_ptr& error,
                 const std::exception_ptr& thrown) noexcept {
  expect(static_cast<bool>(error), "the error of a task is missing");
  if (child.ended != Ended::kTimedOut) {
    return expect(thrown == error, "another error than that of the task");
  }
  expect(exception_cast<mtaio::TimeoutError>(error) != nullptr,
         "the error of a task is of another type");
  expect(while_stopping(child.error) == nested_in(error),
         "a TimeoutError does not say what went wrong while stopping");
}

void check_result(const Call& call, std::size_t index, int value) noexcept {
  expect(call.children[index].ended == Ended::kValue, "a task that failed has a result");
  expect_equal(call.children[index].value, value, "the result of a task");
}
void check_result(const Call& call, std::size_t index, const mtaio::Outcome<int>& outcome) {
  if (outcome.has_value()) return check_result(call, index, *outcome);
  expect(call.children[index].ended != Ended::kValue, "the result of a task is missing");
  check_error(call.children[index], outcome.error(), call.children[index].error);
}
void check_result(const Call& call, std::size_t index, const mtaio::Outcome<void>& outcome) {
  expect_equal(call.children[index].ended == Ended::kValue, outcome.has_value(), "an outcome");
  if (!outcome.has_value())
    check_error(call.children[index], outcome.error(), call.children[index].error);
}

void check_failures(const Call& call, const mtaio::ExecutionError& error,
                    bool in_any_order) noexcept {
  const auto& failures = error.failures();
  if (call.is_run) {
    expect_equal(1, failures.size(), "the number of failures");
    return check_error(call.children[0], error.cause(), without_wrapping(call.children[0].error));
  }
  if (!in_any_order) expect_equal(call.failures.size(), failures.size(), "the number of failures");
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const auto& [index, cause] = failures[i];
    if (!in_any_order) expect_equal(call.failures[i], index, "the task that failed");
    check_error(call.children[index], cause, call.children[index].failure);
  }
  std::array<char, 40> text{};
  if (call.sized) {
    std::snprintf(text.data(), text.size(), "task %zu of %zu failed: ", error.index(), call.size);
  } else {
    std::snprintf(text.data(), text.size(), "task %zu failed: ", error.index());
  }
  expect(std::string_view{error.what()}.starts_with(text.data()), "what() says something else");
}

void check_nested(const Call& call, const std::exception_ptr& error) noexcept {
  const std::exception_ptr nested = nested_in(error);
  if (call.is_run) {
    const Child& child = call.children[0];
    // One that is cancelled passes on what the task threw.
    const bool passed_on = exception_cast<mtaio::CancelledError>(error) != nullptr;
    if (passed_on) return expect(child.error == error, "another error than that of the task");
    return expect(while_stopping(child.error) == nested, "what went wrong while stopping");
  }
  expect_equal(call.failures.empty(), nested == nullptr, "nothing is nested");
  if (!nested) return;
  const auto* failures = exception_cast<mtaio::ExecutionError>(nested);
  expect(failures != nullptr, "what is nested is of another type");
  check_failures(call, *failures, false);
}

}  // namespace model
