/// Composes the messages of errors.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mtaio::internal {

/// A part of a message: characters or a number. Refers to the characters.
class TextPart {
 public:
  // NOLINTBEGIN(*-explicit-*): they are written in a list
  TextPart(const char* characters) noexcept : characters_{characters} {}
  TextPart(std::string_view characters) noexcept : characters_{characters} {}
  TextPart(const std::string& characters) noexcept : characters_{characters} {}
  TextPart(std::signed_integral auto number) noexcept
      : magnitude_{number < 0 ? 0 - static_cast<std::uint64_t>(number)
                              : static_cast<std::uint64_t>(number)},
        kind_{number < 0 ? Kind::kNegative : Kind::kPositive} {}
  TextPart(std::unsigned_integral auto number) noexcept
      : magnitude_{number}, kind_{Kind::kPositive} {}
  // NOLINTEND(*-explicit-*)

  void append_to(std::string& text) const;

 private:
  enum class Kind : std::uint8_t { kCharacters, kPositive, kNegative };

  std::string_view characters_;
  std::uint64_t magnitude_ = 0;
  Kind kind_ = Kind::kCharacters;
};

/// The parts, one after the other. Out of line, because the code of operator+ and of to_string() is
/// long, and messages are composed in many places.
[[nodiscard]] std::string text(std::initializer_list<TextPart> parts);

}  // namespace mtaio::internal
