#include <mtaio/lowlevel/stop_scope.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace {

using mtaio::lowlevel::StopNode;
using mtaio::lowlevel::StopScope;

class CountingNode : public StopNode {
 public:
  CountingNode()
      : StopNode{[](StopNode& node) noexcept { ++static_cast<CountingNode&>(node).count_; }} {}
  [[nodiscard]] int count() const { return count_; }

 private:
  int count_ = 0;
};

/// When it is notified, it adds something to other scopes, which are asked to stop.
class UsingNode : public StopNode {
 public:
  explicit UsingNode(std::vector<StopScope*> scopes)
      : StopNode{[](StopNode& node) noexcept { static_cast<UsingNode&>(node).use(); }},
        scopes_{std::move(scopes)} {}
  [[nodiscard]] int notified() const { return notified_; }

 private:
  void use() {
    for (StopScope* scope : scopes_) {
      CountingNode node;
      scope->add(node);
      scope->remove(node);
      notified_ += node.count();
    }
  }

  std::vector<StopScope*> scopes_;
  int notified_ = 0;
};

/// When it is notified, it destroys the scope that it is in.
class EndingNode : public StopNode {
 public:
  explicit EndingNode(std::unique_ptr<StopScope>& scope)
      : StopNode{[](StopNode& node) noexcept { static_cast<EndingNode&>(node).scope_.reset(); }},
        scope_{scope} {}

 private:
  std::unique_ptr<StopScope>& scope_;
};

TEST_CASE("stop scope: the first request is true, later ones are false") {
  StopScope scope{nullptr};
  CHECK_FALSE(scope.stop_requested());
  CHECK(scope.request_stop());
  CHECK_FALSE(scope.request_stop());
  CHECK(scope.stop_requested());
}

TEST_CASE("stop scope: notifies each node in it once, and not the removed ones") {
  StopScope scope{nullptr};
  CountingNode in;
  CountingNode out;
  scope.add(in);
  scope.add(out);
  scope.remove(out);
  scope.request_stop();
  scope.request_stop();
  CHECK(in.count() == 1);
  CHECK(out.count() == 0);
  scope.remove(in);
}

TEST_CASE("stop scope: a node added after the request is notified immediately") {
  StopScope scope{nullptr};
  scope.request_stop();
  CountingNode node;
  scope.add(node);
  CHECK(node.count() == 1);
  scope.remove(node);
}

TEST_CASE("stop scope: a node notified while it is added may use the scope, and the parent scope") {
  StopScope root{nullptr};
  StopScope leaf{&root};
  root.request_stop();
  UsingNode in_root{{&root}};
  UsingNode in_leaf{{&leaf, &root}};
  root.add(in_root);
  leaf.add(in_leaf);
  CHECK(in_root.notified() == 1);
  CHECK(in_leaf.notified() == 2);
  root.remove(in_root);
  leaf.remove(in_leaf);
}

TEST_CASE(
    "stop scope: when a node destroys the scope that notifies it, the parent scope continues to "
    "notify") {
  StopScope root{nullptr};
  auto leaf = std::make_unique<StopScope>(&root);
  EndingNode in_leaf{leaf};
  CountingNode in_root;
  leaf->add(in_leaf);
  root.add(in_root);
  root.request_stop();
  CHECK_FALSE(leaf);
  CHECK(in_root.count() == 1);
  root.remove(in_root);
}

/// A scope that is destroyed by what it notifies, and whose memory is used for something else then.
class Overwritten : private StopNode {
 public:
  explicit Overwritten(StopScope* parent)
      : StopNode{[](StopNode& node) noexcept { static_cast<Overwritten&>(node).overwrite(); }},
        scope_{::new(memory_.data()) StopScope{parent}} {
    scope_->add(*this);
  }
  StopScope& scope() noexcept { return *scope_; }
  [[nodiscard]] bool overwritten() const noexcept { return overwritten_; }

 private:
  void overwrite() noexcept {
    std::destroy_at(scope_);
    memory_.fill(std::byte{0x5a});
    overwritten_ = true;
  }

  alignas(StopScope) std::array<std::byte, sizeof(StopScope)> memory_{};
  StopScope* scope_;
  bool overwritten_ = false;
};

TEST_CASE("stop scope: is not touched after the node that it notifies has destroyed it") {
  Overwritten alone{nullptr};
  CHECK(alone.scope().request_stop());
  CHECK(alone.overwritten());

  StopScope root{nullptr};
  Overwritten below{&root};
  CountingNode in_root;
  root.add(in_root);
  CHECK(root.request_stop());
  CHECK(below.overwritten());
  CHECK(in_root.count() == 1);
  root.remove(in_root);
}

TEST_CASE("stop scope: may be destroyed by a node that it notifies") {
  auto scope = std::make_unique<StopScope>(nullptr);
  EndingNode node{scope};
  scope->add(node);
  CHECK(scope->request_stop());
  CHECK_FALSE(scope);
}

TEST_CASE("stop scope: a request to stop goes to all scopes below, and not upwards") {
  StopScope root{nullptr};
  StopScope middle{&root};
  StopScope leaf{&middle};
  StopScope sibling{&root};
  CountingNode in_root;
  CountingNode in_leaf;
  CountingNode in_sibling;
  root.add(in_root);
  leaf.add(in_leaf);
  sibling.add(in_sibling);

  middle.request_stop();
  CHECK(leaf.stop_requested());
  CHECK(in_leaf.count() == 1);
  CHECK_FALSE(root.stop_requested());
  CHECK_FALSE(sibling.stop_requested());

  root.request_stop();
  CHECK(sibling.stop_requested());
  CHECK(in_sibling.count() == 1);
  CHECK(in_root.count() == 1);
  CHECK(in_leaf.count() == 1);
  root.remove(in_root);
  leaf.remove(in_leaf);
  sibling.remove(in_sibling);
}

TEST_CASE("stop scope: a child scope sees the request although nothing ever waited in it") {
  StopScope root{nullptr};
  StopScope middle{&root};
  StopScope leaf{&middle};
  root.request_stop();
  CHECK(leaf.stop_requested());
  CountingNode node;
  leaf.add(node);
  CHECK(node.count() == 1);
  leaf.remove(node);
}

TEST_CASE("stop scope: a child scope of a stopped scope is stopped") {
  StopScope root{nullptr};
  root.request_stop();
  StopScope leaf{&root};
  CHECK(leaf.stop_requested());
}

TEST_CASE("stop scope: a closed scope gets no more requests from its parent") {
  auto root = std::make_unique<StopScope>(nullptr);
  StopScope leaf{root.get()};
  CountingNode node;
  leaf.add(node);
  leaf.remove(node);
  leaf.close();
  root->request_stop();
  CHECK_FALSE(leaf.stop_requested());
  root.reset();
}

TEST_CASE(
    "stop scope: a request that was reported counts as noticed, also in the parent scopes that "
    "were asked") {
  StopScope root{nullptr};
  StopScope leaf{&root};
  root.request_stop();
  CHECK_FALSE(root.noticed());
  leaf.notice();
  CHECK(root.noticed());
}

TEST_CASE("stop scope: noticing the request of one below is none of its parent's business") {
  StopScope root{nullptr};
  StopScope leaf{&root};
  leaf.request_stop();
  leaf.notice();
  CHECK(leaf.noticed());
  CHECK_FALSE(root.noticed());
}

TEST_CASE(
    "stop scope: a request to a parent scope is not noticed by a scope that had already noticed "
    "its own") {
  StopScope root{nullptr};
  StopScope leaf{&root};
  leaf.request_stop();
  leaf.notice();
  root.request_stop();
  leaf.notice();
  CHECK_FALSE(root.noticed());
}

TEST_CASE("stop scope: a request to one above is noticed also where nothing in between knows") {
  StopScope root{nullptr};
  StopScope between{&root};
  StopScope leaf{&between};
  root.request_stop();  // none of them is attached
  CHECK(leaf.notice_if_requested());
  CHECK(root.noticed());
  CHECK_FALSE(between.noticed());
  CHECK_FALSE(leaf.noticed());
}

/// A deadline in miniature.
class Deadline : public StopScope::Hooks {
 public:
  bool poll() noexcept override {
    if (!passed) return false;
    scope->request_stop();
    return true;
  }
  void attached() noexcept override { ++attached_count; }
  StopScope* scope = nullptr;
  bool passed = false;
  int attached_count = 0;
};

TEST_CASE("stop scope: asks its hooks whether it is time, also for scopes below") {
  Deadline deadline;
  StopScope scope{nullptr, &deadline};
  deadline.scope = &scope;
  StopScope leaf{&scope};
  CHECK_FALSE(leaf.stop_requested());
  deadline.passed = true;
  CHECK(leaf.stop_requested());
  CHECK(scope.stop_arrived());
}

TEST_CASE("stop scope: tells its hooks once, when something waits in it or below it") {
  Deadline deadline;
  StopScope scope{nullptr, &deadline};
  deadline.scope = &scope;
  StopScope leaf{&scope};
  CHECK(deadline.attached_count == 0);
  CountingNode first;
  CountingNode second;
  leaf.add(first);
  leaf.add(second);
  CHECK(deadline.attached_count == 1);
  leaf.remove(first);
  leaf.remove(second);
}

TEST_CASE("stop scope: a tree 200,000 deep does not grow the stack") {
  constexpr int kDeep = 200'000;
  std::vector<std::unique_ptr<StopScope>> scopes;
  StopScope* parent = nullptr;
  for (int i = 0; i < kDeep; ++i) {
    scopes.push_back(std::make_unique<StopScope>(parent));
    parent = scopes.back().get();
  }
  CountingNode node;
  parent->add(node);
  scopes.front()->request_stop();
  CHECK(node.count() == 1);
  parent->remove(node);
  while (!scopes.empty()) scopes.pop_back();
}

TEST_CASE("stop scope: a tree 50,000 wide is notified as a whole") {
  StopScope root{nullptr};
  std::vector<std::pair<std::unique_ptr<StopScope>, std::unique_ptr<CountingNode>>> leaves;
  for (int i = 0; i < 50'000; ++i) {
    leaves.emplace_back(std::make_unique<StopScope>(&root), std::make_unique<CountingNode>());
    leaves.back().first->add(*leaves.back().second);
  }
  root.request_stop();
  int notified = 0;
  for (auto& [scope, node] : leaves) {
    notified += node->count();
    scope->remove(*node);
  }
  CHECK(notified == 50'000);
}

/// A chain of scopes, each with a deadline that never passes, and counts how often it was asked.
class AskedOften : public StopScope::Hooks {
 public:
  explicit AskedOften(int depth) {
    for (int i = 0; i < depth; ++i) {
      scopes_.push_back(
          std::make_unique<StopScope>(scopes_.empty() ? nullptr : scopes_.back().get(), this));
    }
  }
  AskedOften(const AskedOften&) = delete;
  AskedOften& operator=(const AskedOften&) = delete;
  ~AskedOften() {
    while (!scopes_.empty()) scopes_.pop_back();
  }
  bool poll() noexcept override {
    ++asked;
    return false;
  }
  void attached() noexcept override { ++attached_count; }
  StopScope& top() { return *scopes_.front(); }
  StopScope& deepest() { return *scopes_.back(); }
  StopScope& at(std::size_t index) { return *scopes_.at(index); }
  int asked = 0;
  int attached_count = 0;

 private:
  std::vector<std::unique_ptr<StopScope>> scopes_;
};

TEST_CASE(
    "stop scope: asked nearby, a deep scope looks at few others, and is told by its parents from "
    "then on") {
  AskedOften chain{1000};
  CHECK_FALSE(chain.deepest().stop_requested_nearby());
  CHECK(chain.asked == 64);
  CHECK(chain.attached_count == 936);
  CHECK_FALSE(chain.at(998).stop_requested_nearby());
  CHECK(chain.asked == 128);
  CHECK(chain.attached_count == 936);

  chain.top().request_stop();

  CHECK(chain.deepest().notice_if_requested_nearby());
  CHECK(chain.top().noticed());
}

TEST_CASE("stop scope: asked nearby, an attached scope is told too") {
  AskedOften chain{200};
  chain.deepest().attach();
  CHECK_FALSE(chain.deepest().stop_requested_nearby());
  chain.top().request_stop();
  CHECK(chain.deepest().stop_requested_nearby());
  CHECK(chain.asked == 64);
}

}  // namespace
