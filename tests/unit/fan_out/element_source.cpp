#include <mtaio/fan_out/element_source.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

template <class Source>
std::vector<int> all_of(Source& source) {
  std::vector<int> elements;
  while (source.advance()) {
    source.with_current([&](auto&&... element) { elements.push_back((element + ...)); });
  }
  return elements;
}

}  // namespace

TEST_CASE("ElementSource: walks a range to its end, and stays there") {
  const std::vector<int> numbers{1, 2, 3};
  auto source = mtaio::internal::SourceOf<const std::vector<int>&>::of(numbers);
  CHECK_FALSE(source.ended());
  CHECK(source.size() == 3);
  CHECK(all_of(source) == numbers);
  CHECK(source.ended());
  CHECK_FALSE(source.advance());
}

TEST_CASE("ElementSource: walks several ranges in step, as long as the shortest") {
  const std::vector<int> ones{1, 2, 3};
  const std::vector<int> tens{10, 20};
  using Source = mtaio::internal::SourceOf<const std::vector<int>&, const std::vector<int>&>;
  auto short_second = Source::of(ones, tens);
  auto short_first = Source::of(tens, ones);
  CHECK(short_second.size() == 2);
  CHECK(all_of(short_second) == std::vector{11, 22});
  CHECK(all_of(short_first) == std::vector{11, 22});
}

TEST_CASE("ElementSource: knows its size only if all ranges know theirs") {
  const std::vector<int> ones{1, 2, 3};
  auto mixed = mtaio::internal::ElementSource{std::views::all(ones), std::views::iota(0)};
  auto endless = mtaio::internal::ElementSource{std::views::iota(0)};
  CHECK(mixed.size() == std::nullopt);
  CHECK(endless.size() == std::nullopt);
}

TEST_CASE("ElementSource: advances a single-pass range only when asked to") {
  std::istringstream text{"1 2 3"};
  auto source = mtaio::internal::ElementSource{std::views::istream<int>(text)};
  CHECK(text.tellg() == 0);
  CHECK(source.advance());
  CHECK(text.tellg() == 1);
  CHECK(source.advance());
  CHECK(text.tellg() == 3);
}

TEST_CASE("ElementSource: an rvalue range is moved in, an lvalue one used where it is") {
  std::vector<std::unique_ptr<int>> pointers;
  pointers.push_back(std::make_unique<int>(1));
  const auto* where = pointers.data();
  using Lvalue = mtaio::internal::SourceOf<std::vector<std::unique_ptr<int>>&>;
  using Rvalue = mtaio::internal::SourceOf<std::vector<std::unique_ptr<int>>>;
  const auto address = [](auto& source) {
    source.advance();
    return source.with_current([](auto& element) { return &element; });
  };

  auto lvalue = Lvalue::of(pointers);
  CHECK(address(lvalue) == where);
  auto rvalue = Rvalue::of(std::move(pointers));
  auto moved = std::move(rvalue);
  CHECK(address(moved) == where);
  CHECK(pointers.empty());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("ElementSource: a range that throws is at its end") {
  auto source =
      mtaio::internal::ElementSource{std::views::iota(0) | std::views::filter([](int number) {
                                       if (number == 1) throw std::runtime_error{"one"};
                                       return true;
                                     })};
  CHECK(source.advance());
  CHECK_THROWS_AS(source.advance(), std::runtime_error);
  CHECK(source.ended());
  CHECK_FALSE(source.advance());
}
