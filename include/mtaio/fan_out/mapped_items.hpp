/// Makes the children of `map` over a source.
#pragma once

#include <mtaio/async_source.hpp>
#include <mtaio/awaitable.hpp>
#include <mtaio/base/invoke.hpp>
#include <mtaio/fan_out/child_in_thread.hpp>
#include <mtaio/fan_out/to_child.hpp>
#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/task.hpp>
#include <mtaio/threads/bound_function.hpp>
#include <mtaio/timeout.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// A source that is passed as a `Source&&`: an lvalue is used where it is, an rvalue is kept.
template <class Source>
class KeptSource {
 public:
  explicit KeptSource(Source&& source) : source_(std::move(source)) {}
  auto next() { return source_.next(); }

 private:
  Source source_;
};
template <class Source>
class KeptSource<Source&> {
 public:
  explicit KeptSource(Source& source) noexcept : source_{__builtin_addressof(source)} {}
  auto next() { return source_->next(); }

 private:
  Source* source_;
};

/// A function that returns an awaitable when it is called with an item.
template <class Func, class Item>
concept AsyncOverItems =
    std::invocable<Func&, Item> && Awaitable<std::invoke_result_t<Func&, Item>>;

/// A function that `map` can call with the items of a source.
template <class Func, class Source>
concept MappableOver = AsyncOverItems<std::decay_t<Func>, source_value_t<Source>> ||
                       Callable<std::decay_t<Func>&, source_value_t<Source>>;

/// The children are calls of a function that returns an awaitable. For the members see
/// `SourceFanOut`.
template <class Func, class Source>
class MappedItems {
 public:
  using Item = source_value_t<Source>;
  using value_type = await_result_t<std::invoke_result_t<Func&, Item>>;
  static constexpr const char* kCall = "map";

  MappedItems(Func func, KeptSource<Source> source, lowlevel::BlockingPool*)
      : func_(std::move(func)), source_(std::move(source)) {}

  auto next() { return source_.next(); }
  Task<value_type> make(Item&& item, std::size_t, const std::optional<Timeout>& timeout) {
    Task<value_type> child = to_child(internal::invoke(func_, std::move(item)));
    return timeout ? timed(std::move(child), *timeout) : std::move(child);
  }

 private:
  Func func_;
  KeptSource<Source> source_;
};

/// The children are calls of a plain function, each in a thread of `pool`.
template <class Func, class Source>
  requires(!AsyncOverItems<Func, source_value_t<Source>>)
class MappedItems<Func, Source> {
 public:
  using Item = source_value_t<Source>;
  using Bound = BoundFunction<Func&, Item>;
  using value_type = typename Bound::Result;
  static constexpr const char* kCall = "map";

  MappedItems(Func func, KeptSource<Source> source, lowlevel::BlockingPool* pool)
      : func_(std::move(func)), source_(std::move(source)), pool_{pool} {}

  auto next() { return source_.next(); }
  Task<value_type> make(Item&& item, std::size_t limit, const std::optional<Timeout>& timeout) {
    return child_in_thread(Bound{std::in_place, func_, std::move(item)}, pool_, limit, timeout);
  }

 private:
  Func func_;
  KeptSource<Source> source_;
  lowlevel::BlockingPool* pool_;
};

}  // namespace mtaio::internal
