#include "base/exception_cast.hpp"

#include <mtaio/exceptions.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace {

using mtaio::internal::exception_cast;

struct Front {
  virtual ~Front() = default;
  int front = 1;
};
struct Back {
  virtual ~Back() = default;
  int back = 2;
};
struct Both : Front, Back {};
struct Left : virtual Back {};
struct Right : virtual Back {};
struct Shared : Left, Right {};
struct FirstBack : Back {};
struct SecondBack : Back {};
struct TwoOfThem : FirstBack, SecondBack {};
struct Hidden : private Back {};

template <class E>
const E* caught(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const E& thrown) {
    return &thrown;
  } catch (...) {
    return nullptr;
  }
}

template <class E>
bool agrees_with_catch(const std::exception_ptr& error) {
  return exception_cast<E>(error) == caught<E>(error);
}

TEST_CASE("exception cast: finds the exception that was thrown, and nothing else") {
  const auto error = std::make_exception_ptr(std::out_of_range{"too far"});
  const auto* found = exception_cast<std::out_of_range>(error);
  REQUIRE(found != nullptr);
  CHECK(std::string{found->what()} == "too far");
  CHECK(exception_cast<std::invalid_argument>(error) == nullptr);
  CHECK(exception_cast<mtaio::CancelledError>(error) == nullptr);
}

TEST_CASE("exception cast: finds the bases that a catch clause would find, where it finds them") {
  const auto check_all = [](const std::exception_ptr& error) {
    CHECK(agrees_with_catch<Front>(error));
    CHECK(agrees_with_catch<Back>(error));
    CHECK(agrees_with_catch<Both>(error));
    CHECK(agrees_with_catch<Left>(error));
    CHECK(agrees_with_catch<std::exception>(error));
    CHECK(agrees_with_catch<std::logic_error>(error));
    CHECK(agrees_with_catch<int>(error));
  };
  check_all(std::make_exception_ptr(Both{}));
  check_all(std::make_exception_ptr(Shared{}));
  check_all(std::make_exception_ptr(TwoOfThem{}));
  check_all(std::make_exception_ptr(Hidden{}));
  check_all(std::make_exception_ptr(std::out_of_range{"too far"}));
  check_all(std::make_exception_ptr(7));
  check_all(std::make_exception_ptr("a pointer"));
}

TEST_CASE("exception cast: a second base is found at its own place") {
  const auto error = std::make_exception_ptr(Both{});
  REQUIRE(exception_cast<Back>(error) != nullptr);
  CHECK(exception_cast<Back>(error)->back == 2);
}

TEST_CASE("exception cast: a base that is there twice or is private is not found") {
  CHECK(exception_cast<Back>(std::make_exception_ptr(TwoOfThem{})) == nullptr);
  CHECK(exception_cast<Back>(std::make_exception_ptr(Hidden{})) == nullptr);
}

TEST_CASE("exception cast: finds nothing in no exception") {
  CHECK(exception_cast<std::exception>(nullptr) == nullptr);
}

}  // namespace
