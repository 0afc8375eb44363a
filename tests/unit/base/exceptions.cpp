#include <mtaio/exceptions.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using mtaio::ExecutionError;

TEST_CASE("exceptions: the base classes are as the interface promises") {
  CHECK(std::is_base_of_v<std::runtime_error, mtaio::Error>);
  CHECK(std::is_base_of_v<mtaio::Error, ExecutionError>);
  CHECK(std::is_base_of_v<mtaio::Error, mtaio::TimeoutError>);
  CHECK(std::is_base_of_v<mtaio::Error, mtaio::QueueShutDown>);
  CHECK_FALSE(std::is_base_of_v<std::exception, mtaio::CancelledError>);
}

TEST_CASE("exceptions: copying one does not throw") {
  CHECK(std::is_nothrow_copy_constructible_v<ExecutionError>);
  CHECK(std::is_nothrow_copy_constructible_v<mtaio::CancelledError>);
}

TEST_CASE("exceptions: catch (const std::exception&) lets CancelledError through") {
  bool caught = false;
  try {
    try {
      throw mtaio::CancelledError{};
    } catch (const std::exception&) {
      FAIL("CancelledError is a std::exception");
    }
  } catch (const mtaio::CancelledError& cancelled) {
    caught = !std::string{cancelled.what()}.empty();
  }
  CHECK(caught);
}

std::exception_ptr refused() {
  return std::make_exception_ptr(std::runtime_error{"connection refused"});
}
std::exception_ptr too_far() { return std::make_exception_ptr(std::out_of_range{"too far"}); }

TEST_CASE(
    "execution error: of several tasks names the first one by time, its position and how many "
    "there were") {
  const ExecutionError error{{{3, refused()}, {1, too_far()}}, 10};
  CHECK(std::string{error.what()} == "task 3 of 10 failed: connection refused");
  CHECK(error.index() == 3);
  CHECK_THROWS_AS(std::rethrow_exception(error.cause()), std::runtime_error);
  CHECK_THROWS_WITH(error.rethrow_cause(), "connection refused");
  REQUIRE(error.failures().size() == 2);
  CHECK(error.failures()[0].index == 3);
  CHECK(error.failures()[1].index == 1);
  CHECK_THROWS_AS(std::rethrow_exception(error.failures()[1].cause), std::out_of_range);
}

TEST_CASE("execution error: says no total where none is known") {
  const ExecutionError error{{{3, refused()}}, std::nullopt};
  CHECK(std::string{error.what()} == "task 3 failed: connection refused");
}

TEST_CASE("execution error: of one task") {
  const ExecutionError error{too_far()};
  CHECK(std::string{error.what()}.find("too far") != std::string::npos);
  CHECK(error.index() == 0);
  CHECK(error.failures().size() == 1);
  CHECK_THROWS_AS(error.rethrow_cause(), std::out_of_range);
}

TEST_CASE("execution error: with a cause that is not a std::exception") {
  const ExecutionError error{std::make_exception_ptr(42)};
  CHECK_FALSE(std::string{error.what()}.empty());
  CHECK_THROWS_AS(error.rethrow_cause(), int);
}

TEST_CASE("execution error: has the message of a cause that was cancelled") {
  const mtaio::CancelledError cancelled;
  const ExecutionError error{std::make_exception_ptr(cancelled)};
  CHECK(std::string{error.what()}.find(cancelled.what()) != std::string::npos);
}

TEST_CASE("execution error: a copy says and holds the same") {
  const ExecutionError error{{{3, refused()}}, 10};
  const ExecutionError copy = error;
  CHECK(std::string{copy.what()} == error.what());
  CHECK(copy.cause() == error.cause());
  CHECK(copy.index() == 3);
}

TEST_CASE("execution error: may be the cause of another") {
  const ExecutionError inner{{{3, refused()}}, 10};
  const ExecutionError outer{std::make_exception_ptr(inner)};
  CHECK(std::string{outer.what()}.find(inner.what()) != std::string::npos);
  CHECK_THROWS_AS(outer.rethrow_cause(), ExecutionError);
}

}  // namespace
