/// Permits that are in use.
#pragma once

#include <mtaio/sync/permit_pool.hpp>

#include <cstdint>
#include <utility>

namespace mtaio::internal {

/// Owns permits, and gives them back when it is destroyed.
template <Share kShare>
class HeldPermits {
 public:
  /// REQUIRES: the caller has taken them.
  HeldPermits(PermitPool& pool, std::int64_t count) noexcept : pool_{&pool}, count_{count} {}
  HeldPermits(HeldPermits&& other) noexcept
      : pool_{std::exchange(other.pool_, nullptr)}, count_{other.count_} {}
  HeldPermits& operator=(HeldPermits&& other) noexcept {
    HeldPermits moved{std::move(other)};  // so that it may be this one
    std::swap(pool_, moved.pool_);
    std::swap(count_, moved.count_);
    return *this;
  }
  ~HeldPermits() { give_back(); }

  void give_back() noexcept {
    if (PermitPool* pool = std::exchange(pool_, nullptr)) pool->template give_back<kShare>(count_);
  }

  /// Zero once they were given back or moved away.
  [[nodiscard]] std::int64_t count() const noexcept { return pool_ ? count_ : 0; }
  /// Null once they were given back or moved away.
  [[nodiscard]] PermitPool* pool() const noexcept { return pool_; }

 private:
  PermitPool* pool_;
  std::int64_t count_;
};

}  // namespace mtaio::internal
