#include "proof/soak/options.hpp"

#include "proof/soak/planted.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <system_error>

namespace soak {
namespace {

[[noreturn]] void end_with_usage(int status) {
  std::FILE* out = status == 0 ? stdout : stderr;
  std::fputs(
      "soak [--seconds N] [--seed N] [--patience N] [--plant FAULT] [--no-memory]\n\n"
      "Uses everything at random for N seconds (180), beginning with the round of that seed (1).\n"
      "A round that takes longer than its patience (60 seconds) hangs.\n"
      "--no-memory: whether memory grows is not looked at; an emulator leaks some of its own.\n"
      "FAULT is something to do wrong, to see that it is found:\n",
      out);
  for (const Fault& fault : kFaults) {
    std::fprintf(out, "  %-8s %s\n", fault.name, fault.what);
  }
  std::exit(status);  // NOLINT(concurrency-mt-unsafe): before there are threads
}

[[noreturn]] void refuse(const std::string& complaint) {
  std::fprintf(stderr, "soak: %s\n\n", complaint.c_str());
  end_with_usage(2);
}

std::uint32_t number_from(std::string_view name, std::string_view text) {
  std::uint32_t number = 0;
  const char* begin = std::to_address(text.begin());
  const char* end = std::to_address(text.end());
  const auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc{} || rest != end) {
    refuse(std::string{name} + " wants a number, not '" + std::string{text} + "'");
  }
  return number;
}

std::string_view fault_from(std::string_view text) {
  const auto* found = std::ranges::find(
      kFaults, text, [](const Fault& fault) { return std::string_view{fault.name}; });
  if (found == kFaults.end()) refuse("there is no fault '" + std::string{text} + "'");
  return found->name;
}

}  // namespace

Options options_from(int count, char** arguments) {
  const std::span<char*> words{arguments, static_cast<std::size_t>(count)};
  Options options;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view name = words[i];
    if (name == "--help") end_with_usage(0);
    if (name == "--no-memory") {
      options.memory = false;
      continue;
    }
    if (++i == words.size()) refuse(std::string{name} + " is unknown, or wants a value");
    const std::string_view value = words[i];
    if (name == "--seconds") {
      options.time = std::chrono::seconds{number_from(name, value)};
    } else if (name == "--patience") {
      options.patience = std::chrono::seconds{number_from(name, value)};
    } else if (name == "--seed") {
      options.seed = number_from(name, value);
    } else if (name == "--plant") {
      options.plant = fault_from(value);
    } else {
      refuse(std::string{name} + " is unknown");
    }
  }
  return options;
}

}  // namespace soak
