/// The waiters of a queue: puts that wait for room, gets that wait for an item, joins.
#pragma once

#include <mtaio/lowlevel/waiter.hpp>

#include <exception>

namespace mtaio::internal {

/// A put that may wait. Its item is in `node`, or still in the derived class, which makes the node
/// once there is room.
template <class Node>
class Putter : public lowlevel::Waiter {
 public:
  using lowlevel::Waiter::Waiter;

  /// Moves the item into a node. Called at most once, without the lock, while this putter is
  /// claimed or not yet enlisted. May throw.
  virtual Node& make_node() = 0;

  Node* node = nullptr;
  // If set, serving the putter grants a permit and stores nothing: send_reserved() or release()
  // must follow. make_node() is not called.
  bool wants_permit = false;
  // What make_node() threw.
  std::exception_ptr error;
  bool shut_down = false;

 protected:
  ~Putter() = default;
};

/// A get that may wait.
template <class Node>
struct Getter : lowlevel::Waiter {
  Getter() noexcept {}  // NOLINT(modernize-use-equals-default): that would zero all of it first
  using lowlevel::Waiter::Waiter;

  // The node that the getter was given.
  Node* node = nullptr;
  // Asks the queue to set holds_permit, even if it sets it for no other getter.
  bool may_put_back = false;
  // The getter was given the permit of the node, too: once the item has been moved out, release()
  // must follow, or otherwise put_back().
  bool holds_permit = false;
  bool shut_down = false;
};

/// A join that may wait.
struct Joiner : lowlevel::Waiter {
  using lowlevel::Waiter::Waiter;
};

}  // namespace mtaio::internal
