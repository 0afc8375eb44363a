/// A range that cannot tell its size, is walked once, and says so when it is advanced.
#pragma once

#include <cstddef>
#include <iterator>

namespace model {

/// Is asked for each element. May throw.
class ElementListener {
 public:
  ElementListener(const ElementListener&) = delete;
  ElementListener& operator=(const ElementListener&) = delete;

  /// Whether there is an element with this index.
  virtual bool has_element(std::size_t index) = 0;

 protected:
  ElementListener() = default;
  ~ElementListener() = default;
};

/// The numbers from 0.
class Elements {
 public:
  class Iterator {
   public:
    using value_type = std::size_t;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(ElementListener& listener) noexcept : listener_{&listener} {}
    std::size_t operator*() const noexcept { return index_; }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    void operator++(int) noexcept { ++index_; }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) {
      return !at.listener_->has_element(at.index_);
    }

   private:
    ElementListener* listener_;
    std::size_t index_ = 0;
  };

  explicit Elements(ElementListener& listener) noexcept : listener_{&listener} {}
  [[nodiscard]] Iterator begin() const noexcept { return Iterator{*listener_}; }
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
  ElementListener* listener_;
};

}  // namespace model
