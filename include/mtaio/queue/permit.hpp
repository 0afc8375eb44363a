/// A permit of a queue: room for one item.
#pragma once

#include <mtaio/queue/core.hpp>

#include <utility>

namespace mtaio::internal {

/// Owns a permit that is in use. The destructor releases the permit, unless an item has taken it
/// over.
template <class Storage>
class Permit {
 public:
  using Core = QueueCore<Storage>;

  /// REQUIRES: the caller was granted the permit.
  explicit Permit(Core& core) noexcept : core_{&core} {}
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  ~Permit() {
    if (core_) core_->release();
  }

  /// For a put: see `QueueCore::commit`.
  [[nodiscard]] bool commit(typename Core::Node& node) noexcept {
    return std::exchange(core_, nullptr)->commit(node);
  }
  /// For a get whose item could not be moved out: the item takes over the permit again.
  void put_back(typename Core::Node& node) noexcept {
    std::exchange(core_, nullptr)->put_back(node);
  }

 private:
  Core* core_;
};

}  // namespace mtaio::internal
