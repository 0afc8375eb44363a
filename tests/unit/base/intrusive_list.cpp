#include <mtaio/lowlevel/intrusive_list.hpp>

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace {

struct Element : mtaio::lowlevel::ListNode<Element> {
  int value = 0;
};
using List = mtaio::lowlevel::IntrusiveList<Element>;

class FourElements {
 public:
  FourElements() {
    for (int i = 0; i < 4; ++i) elements[static_cast<std::size_t>(i)].value = i;
  }
  std::array<Element, 4> elements;
};

std::vector<int> values(const List& list) {
  std::vector<int> result;
  for (Element* element = list.front(); element; element = List::next(*element)) {
    result.push_back(element->value);
  }
  return result;
}

TEST_CASE_FIXTURE(FourElements, "list: keeps the order in which elements are added at either end") {
  List list;
  CHECK(list.empty());
  CHECK(list.pop_front() == nullptr);
  CHECK(list.back() == nullptr);
  list.push_back(elements[1]);
  list.push_back(elements[2]);
  list.push_front(elements[0]);
  list.push_back(elements[3]);
  CHECK(values(list) == std::vector{0, 1, 2, 3});
  CHECK(list.front() == &elements[0]);
  CHECK(list.back() == &elements[3]);
}

TEST_CASE_FIXTURE(FourElements, "list: takes elements out at either end and anywhere else") {
  List list;
  for (auto& element : elements) list.push_back(element);
  list.erase(elements[2]);
  CHECK(values(list) == std::vector{0, 1, 3});
  CHECK(list.pop_front() == &elements[0]);
  CHECK(list.back() == &elements[3]);
  list.erase(elements[3]);
  list.erase(elements[1]);
  CHECK(list.empty());
  CHECK(list.back() == nullptr);
}

TEST_CASE_FIXTURE(FourElements, "list: an element knows whether it is in a list") {
  List list;
  CHECK_FALSE(elements[0].linked());
  list.push_back(elements[0]);
  CHECK(elements[0].linked());  // also when it is the only one
  list.push_front(elements[1]);
  CHECK(elements[1].linked());
  list.erase(elements[0]);
  CHECK_FALSE(elements[0].linked());
}

TEST_CASE_FIXTURE(FourElements, "list: splice_back() appends all of another list") {
  List list;
  List other;
  list.splice_back(other);
  CHECK(list.empty());
  other.push_back(elements[0]);
  other.push_back(elements[1]);
  list.splice_back(other);
  CHECK(other.empty());
  CHECK(values(list) == std::vector{0, 1});
  other.push_back(elements[2]);
  list.splice_back(other);
  list.splice_back(other);
  CHECK(values(list) == std::vector{0, 1, 2});
  CHECK(list.back() == &elements[2]);
}

TEST_CASE_FIXTURE(FourElements, "list: after splice_back() elements can be taken out anywhere") {
  List list;
  List other;
  list.push_back(elements[0]);
  list.push_back(elements[1]);
  other.push_back(elements[2]);
  other.push_back(elements[3]);
  list.splice_back(other);
  list.erase(elements[2]);
  CHECK(values(list) == std::vector{0, 1, 3});
  CHECK(list.back() == &elements[3]);
  list.erase(elements[3]);
  CHECK(list.back() == &elements[1]);
  list.erase(elements[1]);
}

}  // namespace
