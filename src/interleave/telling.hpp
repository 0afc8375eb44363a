/// The story of an execution in words.
#pragma once

#include "interleave/story.hpp"

#include <functional>
#include <span>
#include <string>

namespace mtaio::testing::interleave {

/// Says what an address is, as in "byte 8 of 64 in a block".
using Describe = std::function<std::string(Address)>;

/// A line for each event, with its place in the source; of a long story the last lines. Objects
/// have short names, which are explained at the end.
[[nodiscard]] std::string tell(std::span<const Event> events, const Describe& describe);

/// "0x" and hexadecimal digits.
[[nodiscard]] std::string hexadecimal(std::uint64_t value);

}  // namespace mtaio::testing::interleave
