/// What comes out of a call, compared with what its tasks ended with.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/outcome.hpp>

#include "model/explore/check.hpp"
#include "model/reference/fan_out_model.hpp"

#include <cstddef>
#include <exception>
#include <tuple>
#include <vector>

namespace model {

void check_error(const Child& child, const std::exception_ptr& error,
                 const std::exception_ptr& thrown) noexcept;
void check_result(const Call& call, std::size_t index, int value) noexcept;
void check_result(const Call& call, std::size_t index, const mtaio::Outcome<int>& outcome);
void check_result(const Call& call, std::size_t index, const mtaio::Outcome<void>& outcome);
/// The failures that an `ExecutionError` lists, and what it says. `in_any_order`: when each of them
/// came is not known.
void check_failures(const Call& call, const mtaio::ExecutionError& error,
                    bool in_any_order) noexcept;

/// What has gone wrong while the call was being stopped, in the error that it ended with.
void check_nested(const Call& call, const std::exception_ptr& error) noexcept;

inline void check_count(const Call& call, std::size_t count) noexcept {
  expect_equal(call.started, count, "the number of results");
}
template <class Result>
void check_results(const Call& call, const std::vector<Result>& results) {
  check_count(call, results.size());
  for (std::size_t i = 0; i < results.size(); ++i) check_result(call, i, results[i]);
}
template <class... Result>
void check_results(const Call& call, const std::tuple<Result...>& results) {
  check_count(call, sizeof...(Result));
  std::size_t index = 0;
  std::apply([&](const auto&... result) { (check_result(call, index++, result), ...); }, results);
}
inline void check_results(const Call& call, int result) noexcept { check_result(call, 0, result); }

}  // namespace model
