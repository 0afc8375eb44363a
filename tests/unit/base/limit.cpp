#include <mtaio/limit.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace {

using mtaio::Limit;

template <class Integer>
std::size_t value_of(Integer from) {
  const Limit limit = from;
  return limit.value();
}

TEST_CASE("limit: converts implicitly from any integer") {
  CHECK(value_of(1) == 1);
  CHECK(value_of(7U) == 7);
  CHECK(value_of(std::int8_t{127}) == 127);
  CHECK(value_of(std::uint8_t{255}) == 255);
  CHECK(value_of(std::int16_t{9}) == 9);
  CHECK(value_of(100L) == 100);
  CHECK(value_of(std::size_t{100}) == 100);
  CHECK(value_of(std::numeric_limits<std::int64_t>::max()) == static_cast<std::size_t>(-1) / 2);
  CHECK(value_of(std::numeric_limits<std::uint64_t>::max()) == static_cast<std::size_t>(-1));
}

TEST_CASE("limit: less than 1 is std::invalid_argument") {
  CHECK_THROWS_AS(Limit{0}, std::invalid_argument);
  CHECK_THROWS_AS(Limit{0U}, std::invalid_argument);
  CHECK_THROWS_AS(Limit{-1}, std::invalid_argument);
  CHECK_THROWS_AS(Limit{std::int8_t{-128}}, std::invalid_argument);
  CHECK_THROWS_AS(Limit{std::numeric_limits<std::int64_t>::min()}, std::invalid_argument);
}

TEST_CASE("limit: the message says which value it was") {
  std::string message;
  try {
    (void)Limit{-3};
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK(message.find("Limit(-3)") != std::string::npos);
}

TEST_CASE("limit: no_limit is more than there will ever be") {
  CHECK(mtaio::no_limit.value() == std::numeric_limits<std::size_t>::max());
}

TEST_CASE("limit: neither a bool nor a character nor a floating number is one") {
  CHECK_FALSE(std::is_convertible_v<bool, Limit>);
  CHECK_FALSE(std::is_convertible_v<char, Limit>);
  CHECK_FALSE(std::is_convertible_v<wchar_t, Limit>);
  CHECK_FALSE(std::is_convertible_v<char8_t, Limit>);
  CHECK_FALSE(std::is_convertible_v<char16_t, Limit>);
  CHECK_FALSE(std::is_convertible_v<char32_t, Limit>);
  CHECK(std::is_convertible_v<signed char, Limit>);
  CHECK(std::is_convertible_v<unsigned char, Limit>);
  CHECK_FALSE(std::is_convertible_v<double, Limit>);
}

TEST_CASE("limit: equal numbers are equal, whatever they were made from") {
  CHECK(Limit{3} == Limit{3UL});
  CHECK(Limit{3} != Limit{4});
}

}  // namespace
