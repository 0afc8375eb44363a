/// The results of a stream that have not been taken.
#pragma once

#include <mtaio/coro/result.hpp>
#include <mtaio/fan_out/results.hpp>
#include <mtaio/fan_out/stream_gate.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace mtaio::internal {

/// What a stream gives for children that return a `T`.
template <class T, bool kOutcomes>
using StreamItem = std::conditional_t<
    kOutcomes, Outcome<T>,
    typename std::conditional_t<std::is_void_v<T>, std::type_identity<std::monostate>,
                                std::type_identity<Element<T>>>::type>;

/// Gives results to the consumer.
template <class Item>
class StreamResults : public StreamGate {
 public:
  /// The next result; nothing at the end. Throws the error of the stream, once. REQUIRES: ready(),
  /// and one consumer at a time. If moving the result throws, it stays.
  virtual std::optional<Item> take() = 0;

 protected:
  ~StreamResults() = default;
};

/// A slot for each child that has started and whose result has not been taken. A slot is used again
/// when its result has gone.
template <class T, bool kOutcomes>
class StreamBuffer final : public StreamResults<StreamItem<T, kOutcomes>> {
  using Item = StreamItem<T, kOutcomes>;
  using typename StreamGate::Guard;

 public:
  explicit StreamBuffer(bool ordered) : ordered_{ordered} {}
  ~StreamBuffer() = default;

  struct Slot : lowlevel::ListNode<Slot> {
    enum class State : std::uint8_t { kRunning, kDone, kFailed };

    void* owner = nullptr;
    std::size_t index = 0;
    State state = State::kRunning;
    std::optional<Result<T>> result;
  };

  [[nodiscard]] bool ordered() const noexcept { return ordered_; }

  // For the holder of the token.

  /// A slot for the next child.
  Slot& add(void* owner) {
    Slot* slot = pop_free();
    if (!slot) slot = &slots_.emplace_back();
    slot->owner = owner;
    slot->index = next_index_++;
    slot->state = Slot::State::kRunning;
    last_ = slot;
    if (ordered_) {
      const Guard guard{this->lock_};
      waiting_.push_back(*slot);
    }
    return *slot;
  }
  /// Undoes add().
  void remove_last() noexcept {
    --next_index_;
    const Guard guard{this->lock_};
    if (ordered_) erase(*last_);
    free_.push_back(*last_);
  }

  // For the thread on which a child has ended.

  static void store(Slot& slot, Result<T>& result) { keep_value(slot.result.emplace(), result); }
  static void store_error(Slot& slot, const std::exception_ptr& error) noexcept {
    slot.result.emplace().set_error(error);
  }
  /// The result is in the slot.
  void done(Slot& slot) noexcept {
    lowlevel::Waiter* consumer = nullptr;
    {
      const Guard guard{this->lock_};
      slot.state = Slot::State::kDone;
      if (!ordered_) (this->halted_ ? late_ : waiting_).push_back(slot);
      consumer = this->claim_consumer();
    }
    this->wake(consumer);
  }
  /// The child has failed, or was stopped: there is no result.
  void failed(Slot& slot) noexcept {
    const Guard guard{this->lock_};
    slot.state = Slot::State::kFailed;
  }
  /// Whether all children before the one at `index` have ended. All calls together walk along the
  /// slots once. REQUIRES: ordered().
  [[nodiscard]] bool ended_before(std::size_t index) noexcept {
    const Guard guard{this->lock_};
    Slot* slot = running_ ? running_ : waiting_.front();
    while (slot != nullptr && slot->index < index && slot->state != Slot::State::kRunning)
      slot = waiting_.next(*slot);
    running_ = slot;
    return slot == nullptr || slot->index >= index;
  }
  /// All children have ended, with `error` or without.
  void end(std::exception_ptr error) noexcept {
    if (!error) {
      const Guard guard{this->lock_};
      while (Slot* slot = late_.pop_front()) waiting_.push_back(*slot);
    }
    StreamGate::end(std::move(error));
  }

  // For the consumer.

  std::optional<Item> take() override {
    Slot* const slot = next_slot();
    if (!slot) return take_end();
    std::optional<Item> item = item_of(*slot->result);
    slot->result.reset();
    FanOut* token = nullptr;
    {
      const Guard guard{this->lock_};
      erase(*slot);
      free_.push_back(*slot);
      token = this->free_place();
    }
    this->post(token);
    return item;
  }

 private:
  static std::optional<Item> item_of(Result<T>& result) {
    if constexpr (kOutcomes) {
      if (result.has_error()) return std::optional<Item>{std::in_place, result.error()};
      if constexpr (std::is_void_v<T>) {
        return std::optional<Item>{std::in_place, std::in_place};
      } else {
        return std::optional<Item>{std::in_place, std::in_place, std::move(result.stored())};
      }
    } else if constexpr (std::is_void_v<T>) {
      return std::optional<Item>{std::in_place};
    } else if constexpr (std::is_reference_v<T>) {
      return std::optional<Item>{std::in_place, *result.stored()};
    } else {
      return std::optional<Item>{std::in_place, std::move(result.stored())};
    }
  }

  [[nodiscard]] bool has_next() const noexcept override {
    const Slot* const first = waiting_.front();
    return !this->closed_ && first != nullptr && first->state == Slot::State::kDone;
  }
  [[nodiscard]] Slot* next_slot() noexcept {
    const Guard guard{this->lock_};
    return has_next() ? waiting_.front() : nullptr;
  }
  std::optional<Item> take_end() {
    std::exception_ptr error;
    {
      const Guard guard{this->lock_};
      if (!this->closed_) error = std::exchange(this->error_, nullptr);
    }
    if (error) std::rethrow_exception(error);
    return std::nullopt;
  }
  /// REQUIRES: the lock is held.
  void erase(Slot& slot) noexcept {
    if (running_ == &slot) running_ = nullptr;
    waiting_.erase(slot);
  }
  [[nodiscard]] Slot* pop_free() noexcept {
    const Guard guard{this->lock_};
    return free_.pop_front();
  }

  const bool ordered_;
  // Used by the holder of the token only.
  std::deque<Slot> slots_;
  std::size_t next_index_ = 0;
  Slot* last_ = nullptr;
  // Guarded by the lock. Ordered: the slots of all children whose results have not been taken, in
  // their order. Not ordered: the slots whose results can be taken, in the order of their ends.
  lowlevel::IntrusiveList<Slot> waiting_;
  // Not ordered: the results that came after a stop request or a failure. They are given only if
  // the stream ends without an error: then no task has noticed the stop request.
  lowlevel::IntrusiveList<Slot> late_;
  lowlevel::IntrusiveList<Slot> free_;
  // In waiting_: a slot before which all children have ended. Null: not known.
  Slot* running_ = nullptr;
};

}  // namespace mtaio::internal
