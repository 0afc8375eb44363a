/// What the `join()` of a queue returns.
#pragma once

#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/queue/core.hpp>

namespace mtaio::internal {

/// The unfinished items of a queue, as something to wait for.
template <class Storage>
class UnfinishedItems {
 public:
  explicit UnfinishedItems(QueueCore<Storage>& core) noexcept : core_{&core} {}

  [[nodiscard]] bool ready() const noexcept { return core_->all_done(); }
  bool enlist(Joiner& joiner) const noexcept { return core_->enlist(joiner); }
  void forget(Joiner& joiner) const noexcept { core_->forget(joiner); }

 private:
  QueueCore<Storage>* core_;
};

template <class Storage>
using JoinOperation = lowlevel::WaitOperation<UnfinishedItems<Storage>, Joiner>;

}  // namespace mtaio::internal
