#include "interleave/symbols.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mtaio::testing::interleave {

namespace {

/// Where it is in the program's file; 0 if it is in another.
std::uintptr_t address_in_file(const void* address) {
  Dl_info program{};
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&address_in_file), &program) == 0) return 0;
  if (::dladdr(address, &info) == 0 || info.dli_fbase != program.dli_fbase) return 0;
  const auto* const header = static_cast<const Elf64_Ehdr*>(info.dli_fbase);
  const auto base = header->e_type == ET_DYN ? reinterpret_cast<std::uintptr_t>(header) : 0;
  return reinterpret_cast<std::uintptr_t>(address) - base;
}

/// The last two parts of a path. Lines look like "/path/file.cpp:12 (discriminator 3)".
std::string short_line(std::string_view line) {
  line = line.substr(0, line.find(' '));
  const std::size_t file = line.rfind('/');
  if (file == std::string_view::npos || file == 0) return std::string{line};
  const std::size_t folder = line.rfind('/', file - 1);
  return std::string{folder == std::string_view::npos ? line : line.substr(folder + 1)};
}

/// "f(int) const" without "(int) const".
std::string without_parameters(std::string_view function) {
  const std::size_t end = function.rfind(')');
  int depth = 0;
  for (std::size_t i = end; i != std::string_view::npos && i > 0; --i) {
    if (function[i] == ')') ++depth;
    if (function[i] != '(' || --depth > 0) continue;
    const std::string_view name = function.substr(0, i);
    return std::string{name.ends_with("operator") ? function : name};
  }
  return std::string{function};
}

bool is_of_the_system(const Frame& frame) {
  return frame.line.starts_with("/usr/") || frame.line.starts_with("??") ||
         frame.line.find("/include/c++/") != std::string::npos;
}

bool has_no_line(const Frame& frame) {
  return frame.line.ends_with(":0") || frame.line.find(":0 ") != std::string::npos;
}

}  // namespace

const Place& Symbols::of(Site site) {
  const auto [known, is_new] = places_.try_emplace(site);
  Place& place = known->second;
  const std::uintptr_t address = is_new ? address_in_file(site) : 0;
  if (address == 0) return place;
  // The call ends where it returns to.
  std::vector<Frame> frames = symbolizer_.frames_at(address - 1);
  // Code that the compiler has made of several lines has line 0: what comes before is near.
  constexpr std::uintptr_t kNear = 64;
  for (std::uintptr_t back = 2; back < kNear && !frames.empty() && has_no_line(frames.front());
       ++back) {
    std::vector<Frame> before = symbolizer_.frames_at(address - back);
    if (before.empty() || before.back().function != frames.back().function) break;
    if (!has_no_line(before.front())) frames = std::move(before);
  }
  const auto frame = std::ranges::find_if_not(frames, is_of_the_system);
  if (frame != frames.end())
    place = {.function = without_parameters(frame->function), .line = short_line(frame->line)};
  return place;
}

std::optional<VariablePart> Symbols::variable_at(Address address) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the address of the program's object
  const std::uintptr_t in_file = address_in_file(reinterpret_cast<const void*>(address));
  if (in_file == 0) return std::nullopt;
  if (!variables_) variables_.emplace();
  return variables_->at(in_file);
}

Symbols& symbols() {
  static Symbols all;
  return all;
}

}  // namespace mtaio::testing::interleave
