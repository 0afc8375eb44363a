#include "base/text.hpp"

namespace mtaio::internal {

void TextPart::append_to(std::string& text) const {
  if (kind_ == Kind::kCharacters) {
    text.append(characters_);
    return;
  }
  if (kind_ == Kind::kNegative) text.push_back('-');
  text.append(std::to_string(magnitude_));
}

std::string text(std::initializer_list<TextPart> parts) {
  std::string whole;
  for (const TextPart& part : parts) part.append_to(whole);
  return whole;
}

}  // namespace mtaio::internal
