#include <mtaio/stop_token.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using mtaio::StopCallback;
using mtaio::StopToken;
using mtaio::lowlevel::StopScope;

TEST_CASE("stop callback: runs on the thread that requests the stop") {
  StopScope scope{nullptr};
  std::thread::id called_on;
  const StopCallback callback{StopToken{&scope}, [&] { called_on = std::this_thread::get_id(); }};
  std::thread requester{[&scope] { scope.request_stop(); }};
  const auto requested_on = requester.get_id();
  requester.join();
  CHECK(called_on == requested_on);
}

TEST_CASE("stop callback: the destructor waits for a call that is under way on another thread") {
  StopScope scope{nullptr};
  std::atomic<bool> called = false;
  std::atomic<bool> let_go = false;
  std::atomic<bool> ended = false;
  auto function = [&] {
    called = true;
    while (!let_go) std::this_thread::yield();
    ended = true;
  };
  auto callback = std::make_unique<StopCallback<decltype(function)>>(StopToken{&scope}, function);
  std::thread requester{[&scope] { scope.request_stop(); }};
  while (!called) std::this_thread::yield();
  std::thread release{[&let_go] { let_go = true; }};
  callback.reset();
  CHECK(ended);
  requester.join();
  release.join();
}

TEST_CASE("stop token: writes before the request are visible to the thread that sees it") {
  for (int round = 0; round < 500; ++round) {
    StopScope scope{nullptr};
    int value = 0;  // plain, so that ThreadSanitizer sees a missing edge
    std::thread requester{[&] {
      value = 42;
      scope.request_stop();
    }};
    const StopToken token{&scope};
    while (!token.stop_requested()) std::this_thread::yield();
    CHECK(value == 42);
    requester.join();
  }
}

TEST_CASE(
    "stop scope: of many threads that request a stop, one is the first, and each node is told "
    "once") {
  for (int round = 0; round < 300; ++round) {
    StopScope root{nullptr};
    StopScope leaf{&root};
    std::atomic<int> calls = 0;
    std::atomic<int> firsts = 0;
    const StopCallback in_root{StopToken{&root}, [&calls] { ++calls; }};
    const StopCallback in_leaf{StopToken{&leaf}, [&calls] { ++calls; }};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&, i] {
        if (i == 0) {
          leaf.request_stop();
        } else {
          firsts += root.request_stop();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(firsts == 1);
    CHECK(calls == 2);
  }
}

/// Callbacks come and go in scopes that come and go, while the stop is requested at the top.
void come_and_go(StopScope& root, std::atomic<bool>& stopped, std::atomic<int>& wrong) {
  for (int i = 0; i < 300; ++i) {
    const auto middle = std::make_unique<StopScope>(&root);
    const auto leaf = std::make_unique<StopScope>(middle.get());
    const auto calls = std::make_unique<std::atomic<int>>(0);
    {
      const StopCallback callback{StopToken{leaf.get()}, [&calls] { ++*calls; }};
      const bool after = stopped;
      const StopCallback another{StopToken{middle.get()}, [&calls] { ++*calls; }};
      if (after && *calls != 2) ++wrong;
    }
    if (*calls > 2) ++wrong;
  }
}

TEST_CASE(
    "stop scope: callbacks and scopes that are made and destroyed during a request are told, or "
    "destroyed") {
  for (int round = 0; round < 60; ++round) {
    StopScope root{nullptr};
    std::atomic<bool> stopped = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] { come_and_go(root, stopped, wrong); });
    }
    std::this_thread::yield();
    root.request_stop();
    stopped = true;
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
}

}  // namespace
