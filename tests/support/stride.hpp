/// How much of a test that goes through very many cases is done.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace test {

/// Every how many cases one is tried: MTAIO_TEST_STRIDE, or each of them. For where a case takes a
/// hundred times as long as usual, as under an emulator.
inline std::uint32_t stride() {
  static const std::uint32_t stride = [] {
    const char* text = std::getenv("MTAIO_TEST_STRIDE");  // NOLINT(concurrency-mt-unsafe)
    const std::string_view digits{text != nullptr ? text : ""};
    std::uint32_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number > 0 ? number : 1;
  }();
  return stride;
}

}  // namespace test
