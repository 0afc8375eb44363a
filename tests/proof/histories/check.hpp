/// Whether a history can be the history of a queue.
#pragma once

#include "proof/histories/history.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace histories {

enum class Order : std::uint8_t { kFifo, kLifo, kPriority };

/// Empty, or what is wrong with `history`: something that no order in which the operations took
/// effect, one after the other and each between its call and its return, can explain. A history
/// that passes may still be wrong in ways that this does not look for. `capacity` 0: any.
///
/// What it looks for, in O(n log n):
///   - a number that comes out twice, without having been put, before its put was called, or though
///     its put gave up; one that never comes out, unless `drained` is false
///   - first in, first out: `a` put before `b` was, `b` out before `a` was asked for
///   - last in, first out: `a` put before `b` was, and out while `b` was in
///   - priorities: `a` out while something more urgent was in; equal ones as first in, first out
///   - more numbers inside than `capacity`
///   - found empty, though all the while something was in; found full, though all the while there
///     was room, and no put waited for it
std::string complaint_about(const History& history, Order order, std::size_t capacity = 0,
                            bool drained = true);

}  // namespace histories
