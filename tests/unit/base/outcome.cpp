#include <mtaio/outcome.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using mtaio::Outcome;

std::exception_ptr failure() { return std::make_exception_ptr(std::out_of_range{"too far"}); }

TEST_CASE("outcome: with a value") {
  Outcome<std::string> outcome{std::in_place, "text"};
  CHECK(outcome.has_value());
  CHECK(static_cast<bool>(outcome));
  CHECK(outcome.error() == nullptr);
  CHECK(outcome.value() == "text");
  CHECK(*outcome == "text");
  CHECK(outcome->size() == 4);
}

TEST_CASE("outcome: with an exception, which value() and * throw") {
  Outcome<std::string> outcome{failure()};
  CHECK_FALSE(outcome.has_value());
  CHECK_FALSE(static_cast<bool>(outcome));
  CHECK(outcome.error() != nullptr);
  CHECK_THROWS_AS((void)outcome.value(), std::out_of_range);
  CHECK_THROWS_AS((void)*outcome, std::out_of_range);
  CHECK_THROWS_AS((void)outcome->size(), std::out_of_range);
  CHECK_THROWS_AS((void)std::move(outcome).value(), std::out_of_range);
}

TEST_CASE("outcome: the value can be changed, moved out, and read through a constant") {
  Outcome<std::string> outcome{std::in_place, "text"};
  outcome.value() += "s";
  *outcome += "!";
  const Outcome<std::string>& constant = outcome;
  CHECK(constant.value() == "texts!");
  CHECK(*constant == "texts!");
  CHECK(constant->size() == 6);
  const std::string moved = std::move(outcome).value();
  CHECK(moved == "texts!");
}

TEST_CASE("outcome: of void") {
  const Outcome<void> done{std::in_place};
  CHECK(done.has_value());
  CHECK_NOTHROW(done.value());
  CHECK_NOTHROW(*done);
  const Outcome<void> failed{failure()};
  CHECK_FALSE(failed.has_value());
  CHECK_THROWS_AS(failed.value(), std::out_of_range);
}

TEST_CASE("outcome: of a reference is the object itself") {
  int number = 1;
  Outcome<int&> outcome{std::in_place, &number};
  static_assert(std::is_same_v<decltype(outcome.value()), int&>);
  CHECK(&outcome.value() == &number);
  outcome.value() = 2;
  CHECK(number == 2);
  const Outcome<int&> failed{failure()};
  CHECK_THROWS_AS((void)failed.value(), std::out_of_range);
}

TEST_CASE("outcome: of something move-only") {
  Outcome<std::unique_ptr<int>> outcome{std::in_place, std::make_unique<int>(3)};
  static_assert(!std::is_copy_constructible_v<decltype(outcome)>);
  Outcome<std::unique_ptr<int>> moved = std::move(outcome);
  const std::unique_ptr<int> value = std::move(moved).value();
  CHECK(*value == 3);
}

TEST_CASE("outcome: of an exception_ptr keeps value and failure apart") {
  const Outcome<std::exception_ptr> value{std::in_place, failure()};
  CHECK(value.has_value());
  CHECK(value.error() == nullptr);
  const Outcome<std::exception_ptr> failed{failure()};
  CHECK_FALSE(failed.has_value());
}

}  // namespace
