/// Runs the random programs of tests/model with any number of seeds.
// NOLINTBEGIN(bugprone-suspicious-stringview-data-usage): the names and texts are literals
#include "model/explore/explore.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Arguments {
  std::vector<const model::Entry*> programs;
  model::ExploreOptions options{.seeds = 1'000'000};
  bool story = false;
};

constexpr const char* kUsage =
    R"(model [--program NAME] [--first-seed N] [--seeds N] [--jobs N] [--patience N] [--story]

Runs each random program, or the one that is named, with many seeds, and compares the library with
its model after every step. Stops at the first difference.

  --first-seed N   the first of the seeds (1)
  --seeds N        how many, for each program (1000000)
  --jobs N         in how many processes (1)
  --patience N     after how many seconds a seed hangs (30)
  --story          print each operation of each seed, instead

Programs:
)";

constexpr std::size_t kLinesOfAFailure = 40;

void print_usage() {
  std::fputs(kUsage, stdout);
  for (const model::Entry& entry : model::programs()) {
    std::printf("  %-16s %s\n", entry.name.data(), entry.about.data());
  }
}

std::uint64_t number(std::string_view option, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument{std::string{option} + " " + std::string{text} + ": not a number"};
  }
  return value;
}

const model::Entry* program(std::string_view name) {
  const model::Entry* entry = model::find_program(name);
  if (!entry) throw std::invalid_argument{"--program " + std::string{name} + ": there is none"};
  return entry;
}

Arguments parse(std::span<char*> words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view option = words[i];
    if (option == "--story") {
      arguments.story = true;
      continue;
    }
    if (i + 1 == words.size()) throw std::invalid_argument{std::string{option} + ": of what?"};
    const std::string_view value = words[++i];
    if (option == "--program") {
      arguments.programs.push_back(program(value));
    } else if (option == "--first-seed") {
      arguments.options.first_seed = number(option, value);
    } else if (option == "--seeds") {
      arguments.options.seeds = number(option, value);
    } else if (option == "--jobs") {
      arguments.options.jobs = static_cast<unsigned>(number(option, value));
    } else if (option == "--patience") {
      arguments.options.patience = std::chrono::seconds{number(option, value)};
    } else {
      throw std::invalid_argument{std::string{option} + ": no such option"};
    }
  }
  if (arguments.options.jobs == 0) throw std::invalid_argument{"--jobs 0: who would do the work?"};
  if (arguments.programs.empty()) {
    for (const model::Entry& entry : model::programs()) arguments.programs.push_back(&entry);
  }
  return arguments;
}

void print(const std::vector<std::string>& story, std::size_t most) {
  const std::size_t left_out = story.size() - std::min(story.size(), most);
  for (const std::string& line : story | std::views::drop(left_out)) {
    std::fputs(line.c_str(), stdout);
  }
}

/// False if it differs.
bool explore(const model::Entry& entry, const model::ExploreOptions& options, const char* self) {
  std::printf("%-10s ", entry.name.data());
  std::fflush(stdout);
  const model::Exploration found = model::explore(entry, options);
  std::printf("%12" PRIu64 " schedules %10.1f s of one core %10.0f /s\n", found.schedules,
              found.cpu_seconds, static_cast<double>(found.schedules) / found.cpu_seconds);
  if (!found.failure) return true;
  const auto& [seed, what] = *found.failure;
  std::printf("\n%s, seed %" PRIu64 ": %s\n\nThe last lines of its story:\n", entry.name.data(),
              seed, what.c_str());
  print(model::story_of(entry, seed), kLinesOfAFailure);
  std::printf("\nTo replay it: %s --program %s --first-seed %" PRIu64 " --seeds 1 --story\n", self,
              entry.name.data(), seed);
  return false;
}

int explore_all(const Arguments& arguments, const char* self) {
  for (const model::Entry* entry : arguments.programs) {
    if (!explore(*entry, arguments.options, self)) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

int tell_stories(const Arguments& arguments) {
  for (const model::Entry* entry : arguments.programs) {
    for (std::uint64_t i = 0; i < arguments.options.seeds; ++i) {
      const std::uint64_t seed = arguments.options.first_seed + i;
      std::printf("--- %s, seed %" PRIu64 " ---\n", entry->name.data(), seed);
      print(model::story_of(*entry, seed), std::numeric_limits<std::size_t>::max());
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span words{argv, static_cast<std::size_t>(argc)};
  if (argc == 2 && std::string_view{words[1]} == "--help") {
    print_usage();
    return EXIT_SUCCESS;
  }
  try {
    const Arguments arguments = parse(words);
    return arguments.story ? tell_stories(arguments) : explore_all(arguments, words[0]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "model: %s. --help says what there is.\n", error.what());
    return 2;
  }
}
// NOLINTEND(bugprone-suspicious-stringview-data-usage)
