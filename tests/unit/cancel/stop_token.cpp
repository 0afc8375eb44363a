#include <mtaio/stop_token.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace {

using mtaio::StopCallback;
using mtaio::StopToken;
using mtaio::lowlevel::StopScope;

// The concepts of C++26's [stoptoken.concepts], which no standard library here has yet.
template <template <class> class>
struct CheckTypeAliasExists;
template <class Token>
concept StoppableToken = requires(const Token token) {
  typename CheckTypeAliasExists<Token::template callback_type>;
  { token.stop_requested() } noexcept -> std::same_as<bool>;
  { token.stop_possible() } noexcept -> std::same_as<bool>;
  { Token(token) } noexcept;
} && std::copyable<Token> && std::equality_comparable<Token> && std::swappable<Token>;
template <class Callback, class Token, class Init = Callback>
concept StoppableCallbackFor =
    std::invocable<Callback> && std::constructible_from<Callback, Init> &&
    std::constructible_from<typename Token::template callback_type<Callback>, Token, Init> &&
    std::constructible_from<typename Token::template callback_type<Callback>, Token&, Init> &&
    std::constructible_from<typename Token::template callback_type<Callback>, const Token, Init> &&
    std::constructible_from<typename Token::template callback_type<Callback>, const Token&, Init>;

static_assert(StoppableToken<StopToken>);
static_assert(StoppableCallbackFor<std::function<void()>, StopToken>);
static_assert(StoppableCallbackFor<void (*)(), StopToken>);
static_assert(std::is_same_v<StopToken::callback_type<void (*)()>, StopCallback<void (*)()>>);
static_assert(std::is_same_v<StopCallback<void (*)()>::callback_type, void (*)()>);
static_assert(std::is_nothrow_default_constructible_v<StopToken>);
static_assert(!std::is_copy_constructible_v<StopCallback<void (*)()>>);

TEST_CASE("stop token: a default one is never stopped, and its callbacks are never called") {
  const StopToken token;
  CHECK_FALSE(token.stop_possible());
  CHECK_FALSE(token.stop_requested());
  int calls = 0;
  {
    const StopCallback callback{token, [&calls] { ++calls; }};
  }
  CHECK(calls == 0);
}

TEST_CASE("stop token: tells when stop was requested, and copies tell the same") {
  StopScope scope{nullptr};
  const StopToken token{&scope};
  const StopToken copy = token;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(token.stop_possible());
  CHECK_FALSE(copy.stop_requested());
  scope.request_stop();
  CHECK(token.stop_requested());
  CHECK(copy.stop_requested());
}

TEST_CASE("stop token: tokens are equal when they are of the same scope") {
  StopScope scope{nullptr};
  StopScope other_scope{nullptr};
  StopToken token{&scope};
  StopToken other{&other_scope};
  CHECK(token == StopToken{&scope});
  CHECK(token != other);
  CHECK(token != StopToken{});
  CHECK(StopToken{} == StopToken{});
  token.swap(other);
  CHECK(other == StopToken{&scope});
  std::swap(token, other);
  CHECK(token == StopToken{&scope});
}

TEST_CASE("stop callback: is called once, by the request") {
  StopScope scope{nullptr};
  int calls = 0;
  const StopCallback callback{StopToken{&scope}, [&calls] { ++calls; }};
  CHECK(calls == 0);
  CHECK(scope.request_stop());
  CHECK(calls == 1);
  CHECK_FALSE(scope.request_stop());
  CHECK(calls == 1);
}

TEST_CASE("stop callback: is called by its constructor when stop was requested before") {
  StopScope scope{nullptr};
  scope.request_stop();
  int calls = 0;
  {
    const StopCallback callback{StopToken{&scope}, [&calls] { ++calls; }};
    CHECK(calls == 1);
  }
  CHECK(calls == 1);
}

TEST_CASE("stop token: a request is noticed when the token is asked, not before") {
  StopScope scope{nullptr};
  const StopToken token{&scope};
  CHECK_FALSE(token.stop_requested());
  scope.request_stop();
  CHECK_FALSE(scope.noticed());
  CHECK(token.stop_requested());
  CHECK(scope.noticed());
}

TEST_CASE("stop callback: a request is noticed when it calls") {
  StopScope scope{nullptr};
  bool noticed = false;
  const StopCallback callback{StopToken{&scope}, [&] { noticed = scope.noticed(); }};
  CHECK_FALSE(scope.noticed());
  scope.request_stop();
  CHECK(noticed);
}

TEST_CASE("stop callback: is not called once it is destroyed") {
  StopScope scope{nullptr};
  int calls = 0;
  {
    const StopCallback callback{StopToken{&scope}, [&calls] { ++calls; }};
  }
  scope.request_stop();
  CHECK(calls == 0);
}

TEST_CASE("stop callback: takes a value to make its function of, and may be move-only") {
  StopScope scope{nullptr};
  auto number = std::make_unique<int>(5);
  int seen = 0;
  auto function = [number = std::move(number), &seen] { seen = *number; };
  const StopToken::callback_type<decltype(function)> callback{StopToken{&scope},
                                                              std::move(function)};
  scope.request_stop();
  CHECK(seen == 5);
}

TEST_CASE("stop callback: may destroy itself while it is called") {
  StopScope scope{nullptr};
  std::optional<StopCallback<std::function<void()>>> callback;
  int calls = 0;
  callback.emplace(StopToken{&scope}, std::function<void()>{[&] {
                     ++calls;
                     callback.reset();
                   }});
  scope.request_stop();
  CHECK(calls == 1);
  CHECK_FALSE(callback.has_value());
}

TEST_CASE("stop callback: a callback may destroy another, which is then not called") {
  StopScope scope{nullptr};
  int calls = 0;
  using Callback = StopCallback<std::function<void()>>;
  std::optional<Callback> first;
  std::optional<Callback> second;
  first.emplace(StopToken{&scope}, std::function<void()>{[&] {
                  ++calls;
                  second.reset();
                }});
  second.emplace(StopToken{&scope}, std::function<void()>{[&] {
                   ++calls;
                   first.reset();
                 }});
  scope.request_stop();
  CHECK(calls == 1);
}

TEST_CASE("stop callback: a callback may make another, which is called immediately") {
  StopScope scope{nullptr};
  int calls = 0;
  const StopCallback callback{StopToken{&scope}, [&] {
                                const StopCallback inner{StopToken{&scope}, [&calls] { ++calls; }};
                                CHECK(calls == 1);
                                CHECK_FALSE(scope.request_stop());
                              }};
  scope.request_stop();
  CHECK(calls == 1);
}

}  // namespace
