/// Stop scopes: a request reaches every node, once, and none after remove().
#include <mtaio/lowlevel/stop_scope.hpp>

#include <mtaio/platform/thread_event.hpp>

#include "interleave/models/model.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::internal::ThreadEvent;
using mtaio::lowlevel::StopNode;
using mtaio::lowlevel::StopScope;

/// Counts its notifications.
struct Node : StopNode {
  Node() : StopNode{&Node::notified} {}
  static void notified(StopNode& node) noexcept {
    auto& self = static_cast<Node&>(node);
    ++self.count;
    self.event.set();
  }
  int count = 0;
  ThreadEvent event;
};

/// Whether the scope is asked before, during or after the node is added: the node is told.
void a_request_against_an_attach() {
  StopScope above{nullptr};
  StopScope below{&above};
  Node node;
  in_threads([&] { require(above.request_stop(), "the first request"); },
             [&] {
               below.add(node);
               node.event.wait();
               below.remove(node);
               require(node.count == 1, "once");
             });
}

void two_levels_attach_at_once() {
  StopScope above{nullptr};
  StopScope middle{&above};
  StopScope left{&middle};
  StopScope right{&middle};
  const auto wait_in = [](StopScope& scope) {
    return [&] {
      Node node;
      scope.add(node);
      node.event.wait();
      scope.remove(node);
      require(node.count == 1, "once");
    };
  };
  in_threads([&] { above.request_stop(); }, wait_in(left), wait_in(right));
}

/// remove() returns when the node is not being notified: it may be destroyed.
void a_request_against_a_removal() {
  StopScope scope{nullptr};
  in_threads([&] { scope.request_stop(); },
             [&] {
               auto node = std::make_unique<Node>();
               scope.add(*node);
               scope.remove(*node);
               require(node->count <= 1, "at most once");
             });
}

void a_request_against_a_removal_below() {
  StopScope above{nullptr};
  StopScope below{&above};
  in_threads([&] { above.request_stop(); },
             [&] {
               auto node = std::make_unique<Node>();
               below.add(*node);
               below.remove(*node);
               require(node->count <= 1, "at most once");
             });
}

/// The destructor of a scope waits until the walk has left it.
void a_request_against_a_destructor() {
  StopScope above{nullptr};
  in_threads([&] { above.request_stop(); },
             [&] {
               const auto below = std::make_unique<StopScope>(&above);
               Node node;
               below->add(node);
               below->remove(node);
             });
}

/// A scope that is closed does not touch its parent any more.
void a_request_against_a_close() {
  auto above = std::make_unique<StopScope>(nullptr);
  StopScope below{above.get()};
  in_threads([&] { below.request_stop(); },
             [&] {
               Node node;
               below.add(node);
               below.remove(node);
             });
  in_threads([&] { below.request_stop(); },
             [&] {
               below.close();
               above.reset();
             });
}

void two_requests() {
  StopScope above{nullptr};
  StopScope below{&above};
  Node node;
  below.add(node);
  std::atomic<int> first{0};
  in_threads(
      [&] {
        if (above.request_stop()) first.fetch_add(1);
      },
      [&] {
        if (above.request_stop()) first.fetch_add(1);
      },
      [&] { below.request_stop(); });
  require(first.load() == 1, "one of them was the first");
  require(node.count == 1, "once");
  below.remove(node);
}

/// A callback destroys the scope that it is in, while another thread asks the scope above.
void a_callback_destroys_its_scope() {
  struct Destroyer : StopNode {
    explicit Destroyer(StopScope* above)
        : StopNode{&Destroyer::notified}, scope{std::make_unique<StopScope>(above)} {
      scope->add(*this);
    }
    static void notified(StopNode& node) noexcept {
      auto& self = static_cast<Destroyer&>(node);
      self.scope->remove(self);
      self.scope.reset();
    }
    std::unique_ptr<StopScope> scope;
  };
  StopScope above{nullptr};
  Destroyer destroyer{&above};
  in_threads([&] { above.request_stop(); }, [&] { above.request_stop(); });
  require(!destroyer.scope, "it was told");
}

/// A thread that sees the request sees what the requesting thread did before.
void seen_with_what_came_before() {
  StopScope above{nullptr};
  StopScope below{&above};
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        above.request_stop();
      },
      [&] {
        if (below.stop_requested()) require(data == 1, "request/see, by looking upwards");
        below.attach();
        if (below.stop_arrived()) require(data == 1, "request/see, by delivery");
      });
  require(below.stop_arrived(), "the request was delivered");
}

void a_flag_is_set_first() {
  StopScope scope{nullptr};
  std::atomic<bool> first{false};
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        scope.request_stop_noting(&first);
      },
      [&] {
        if (first.load(std::memory_order_acquire)) require(data == 1, "flag/see");
      });
}

/// A task notices a request: it sees what came before, and so does a task that is asked later.
void noticed_with_what_came_before() {
  StopScope above{nullptr};
  StopScope below{&above};
  int data = 0;
  below.attach();
  in_threads(
      [&] {
        data = 1;
        above.request_stop();
      },
      [&] {
        below.notice();
        if (below.noticed()) require(data == 1, "request/see, by notice()");
      });
}

void noticed_upwards() {
  StopScope above{nullptr};
  StopScope below{&above};
  in_threads([&] { above.request_stop(); }, [&] { below.request_stop(); },
             [&] {
               if (below.notice_if_requested()) {
                 require(below.noticed() || above.noticed(), "it is noted where it was asked");
               }
             });
}

TEST_CASE("model: StopScope: requests reach nodes") {
  check_model("a request against an attach", &a_request_against_an_attach, all(20'000));
  check_model("two levels attach at once", &two_levels_attach_at_once, all_with(2, 20'000));
  check_model("two requests", &two_requests, all_with(2, 20'000));
  check_model("seen with what came before", &seen_with_what_came_before, all(20'000));
  check_model("a flag is set first", &a_flag_is_set_first, all(20'000));
  check_model("noticed with what came before", &noticed_with_what_came_before, all(20'000));
  check_model("noticed upwards", &noticed_upwards, all_with(2, 20'000));
}

TEST_CASE("model: StopScope: nodes and scopes are removed and destroyed") {
  check_model("a request against a removal", &a_request_against_a_removal, all(20'000));
  check_model("a request against a removal below", &a_request_against_a_removal_below, all(20'000));
  check_model("a request against a destructor", &a_request_against_a_destructor, all(20'000));
  check_model("a request against a close", &a_request_against_a_close, all(20'000));
  check_model("a callback destroys its scope", &a_callback_destroys_its_scope, all(20'000));
}

}  // namespace
