#include "interleave/telling.hpp"

#include "interleave/symbols.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mtaio::testing::interleave {

namespace {

constexpr std::size_t kMostLines = 200;

std::string value_text(std::uint64_t value) {
  constexpr std::uint64_t kLooksLikeANumber = 100'000;
  return value < kLooksLikeANumber ? std::to_string(value) : hexadecimal(value);
}

std::string_view order_text(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

std::string memory_text(const Operation& operation, const std::string& at) {
  return at + ' ' + std::string{order_text(operation.order)};
}

/// Says so if a load did not read the latest store.
std::string origin_text(const Event& event) {
  if (event.missed == 0) return {};
  return ", which is old: from " +
         (event.stored_in ? "step " + std::to_string(*event.stored_in) : "the beginning") +
         ", missing " + std::to_string(event.missed) +
         (event.missed == 1 ? " later store" : " later stores");
}

std::string read_text(const Event& event) {
  return event.read ? " reads " + value_text(*event.read) + origin_text(event) : "";
}

std::string written_text(const Event& event) {
  return event.written ? " writes " + value_text(*event.written) : "";
}

/// `at` is the name of what the operation is about.
std::string action_text(const Event& event, const std::string& at) {
  const Operation& operation = event.operation;
  switch (operation.action) {
    case Action::kStart:
      return "starts";
    case Action::kLoad:
      return "load " + memory_text(operation, at) + read_text(event);
    case Action::kStore:
      return "store " + memory_text(operation, at) + written_text(event);
    case Action::kBuffer:
      return "store " + memory_text(operation, at) + written_text(event) + " into its store buffer";
    case Action::kUpdate:
      return std::string{event.failed ? "compare-exchange " : "update "} +
             memory_text(operation, at) + read_text(event) +
             (event.failed ? " and fails" : written_text(event));
    case Action::kFence:
      return "fence " + std::string{order_text(operation.order)};
    case Action::kMembarrier:
      return "membarrier";
    case Action::kFutexWait:
      return "futex wait " + at + (event.failed ? ": the word is " : ", sleeps while it is ") +
             (event.read ? value_text(*event.read) : "?");
    case Action::kFutexWake:
      return "futex wake " + at + " wakes " + value_text(event.written.value_or(0));
    case Action::kMutexLock:
      return "lock " + at;
    case Action::kMutexTryLock:
      return "try lock " + at + (event.failed ? ": it is taken" : "");
    case Action::kMutexUnlock:
      return "unlock " + at;
    case Action::kCondWait:
      return "condition wait " + at + ", sleeps";
    case Action::kCondWake:
      return "condition wake " + at + " wakes " + value_text(event.written.value_or(0));
    case Action::kCreate:
      return "starts thread " + std::to_string(operation.other);
    case Action::kJoin:
      return "joins thread " + std::to_string(operation.other);
    case Action::kYield:
      return "yields";
    case Action::kSleep:
      return "sleeps";
    case Action::kWoken:
      return "has been woken";
    case Action::kTimeout:
      return "wakes up: its deadline has passed";
    case Action::kEnd:
      return "ends";
    case Action::kDrain:
      return "store buffer: " + at + written_text(event);
  }
  return "?";
}

/// Short names for addresses: a to z, then a1 and so on.
class Names {
 public:
  const std::string& of(Address address) {
    const auto [known, is_new] = names_.try_emplace(address);
    if (!is_new) return known->second;
    constexpr std::size_t kLetters = 26;
    const std::size_t number = order_.size();
    known->second = static_cast<char>('a' + number % kLetters);
    if (number >= kLetters) known->second += std::to_string(number / kLetters);
    order_.push_back(address);
    return known->second;
  }
  [[nodiscard]] const std::vector<Address>& in_order() const noexcept { return order_; }

 private:
  std::unordered_map<Address, std::string> names_;
  std::vector<Address> order_;
};

/// The text, filled up to a width, and two blanks.
std::string column(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text + "  ";
}

std::string line_of(const Event& event, Names& names) {
  const Address address = event.operation.address;
  std::string line = column(std::to_string(event.step), 4) + "thread " +
                     column(std::to_string(event.actor % kMostThreads), 2);
  if (!event.note.empty()) return line + event.note + '\n';
  const std::string action = action_text(event, address == 0 ? "" : names.of(address));
  const Place& place = symbols().of(event.operation.site);
  if (place.line.empty()) return line + action + '\n';
  return line + column(action, 44) + place.function + " (" + place.line + ")\n";
}

}  // namespace

std::string tell(std::span<const Event> events, const Describe& describe) {
  std::string text;
  if (events.size() > kMostLines) {
    text = "... " + std::to_string(events.size() - kMostLines) + " lines before\n";
    events = events.last(kMostLines);
  }
  Names names;
  for (const Event& event : events) text += line_of(event, names);
  for (const Address address : names.in_order())
    text += names.of(address) + " is " + describe(address) + '\n';
  return text;
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return "0x" + std::string{digits.data(), result.ptr};
}

}  // namespace mtaio::testing::interleave
