#include <mtaio/testing/explore.hpp>

#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mtaio::testing {

std::optional<std::uint64_t> seed_from_environment() {
  const char* text = std::getenv("MTAIO_SEED");  // NOLINT(concurrency-mt-unsafe): only read
  if (!text) return std::nullopt;
  const std::string_view digits{text};
  if (digits.empty()) return std::nullopt;
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw std::invalid_argument{"MTAIO_SEED=" + std::string{digits} +
                                ": a seed is a number below 2^64."};
  }
  return seed;
}

void report_seed(std::uint64_t seed) noexcept {
  std::fprintf(stderr,
               "mtaio: explore: the test failed with seed %" PRIu64 "; MTAIO_SEED=%" PRIu64
               " runs it alone.\n",
               seed, seed);
}

}  // namespace mtaio::testing
