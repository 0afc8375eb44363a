/// A fan-out that gives its results to a consumer while children still start.
#pragma once

#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/trampoline.hpp>
#include <mtaio/fan_out/loop.hpp>
#include <mtaio/fan_out/stream_buffer.hpp>
#include <mtaio/options.hpp>
#include <mtaio/task.hpp>

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace mtaio::internal {

/// The options of a stream's fan-out, and where its results go.
template <class T, bool kOutcomes>
struct StreamFanOutOptions : MapOptions {
  StreamFanOutOptions(const MapOptions& options, StreamBuffer<T, kOutcomes>& its_buffer) noexcept
      : MapOptions{options}, buffer{&its_buffer} {}

  StreamBuffer<T, kOutcomes>* buffer;
};

/// Takes the place of `UniformFanOut` for a stream.
///
/// In a stream that gives its results in order, the results before a failure come first. So the
/// failure stops the other children only when all children before it have ended; until then it is
/// kept here. No further child starts meanwhile.
template <class Derived, class Options, class T, bool kOutcomes, bool>
class StreamedFanOut : protected FanOutLoop<Derived, Options> {
  using Loop = FanOutLoop<Derived, Options>;
  friend Loop;
  using Buffer = StreamBuffer<T, kOutcomes>;
  using Slot = typename Buffer::Slot;

 protected:
  static constexpr bool kKeepsPlaces = true;

  /// The members of `ResultsInOrder` that the fan-outs use.
  class Results {
   public:
    explicit Results(Buffer& buffer) noexcept : buffer_{buffer} {}
    void expect(std::size_t) noexcept {}
    void* add(void* owner) { return &buffer_.add(owner); }
    void remove_last() noexcept { buffer_.remove_last(); }
    void take(std::size_t) noexcept {}

   private:
    Buffer& buffer_;
  };

  explicit StreamedFanOut(const Options& options) noexcept
      : Loop{options, kOutcomes}, results_{*options.buffer} {}

  template <class Promise>
  std::coroutine_handle<> start(std::coroutine_handle<Promise> parent) {
    TaskContext* context = context_of(parent);
    this->begin(parent, context, context->root);
    buffer().open(this->context()->scope);
    return transfer_to(this->start_next_slow());
  }

  void finish(std::optional<std::size_t> total) {
    buffer().leave_scope();
    Loop::finish(total);
  }

  static std::coroutine_handle<> ended(PromiseBase& base) noexcept {
    auto& promise = static_cast<TaskPromise<T>&>(base);
    auto& slot = *static_cast<Slot*>(promise.receiver());
    auto& self = *static_cast<StreamedFanOut*>(slot.owner);
    if (promise.result().has_error()) {
      self.child_threw(slot, promise.index(), promise.result().error());
    } else {
      try {
        Buffer::store(slot, promise.result());
        self.buffer().done(slot);
      } catch (...) {
        self.child_threw(slot, promise.index(), std::current_exception());
      }
    }
    std::coroutine_handle<TaskPromise<T>>::from_promise(promise).destroy();
    self.record_failures();
    return self.child_ended();
  }

  void keep_error(const std::exception_ptr& error) {
    if constexpr (kOutcomes) {
      Slot& slot = buffer().add(this);
      take_place();
      Buffer::store_error(slot, error);
      buffer().done(slot);
    }
  }

  /// The child at `index` could not be made.
  void child_failed(std::size_t index, const std::exception_ptr& error) noexcept {
    fail(index, error);
    record_failures();
  }

  void take_place() noexcept { buffer().take_place(); }
  [[nodiscard]] bool park_if_full() noexcept {
    return buffer().park_if_full(*this, this->options().limit.value());
  }
  [[nodiscard]] bool halted() noexcept { return buffer().halted(); }

  Results results_;

 private:
  struct Failure {
    std::size_t index = 0;
    std::exception_ptr error;
  };

  [[nodiscard]] Buffer& buffer() const noexcept { return *this->options().buffer; }

  void child_threw(Slot& slot, std::size_t index, const std::exception_ptr& error) noexcept {
    if (kOutcomes && !is_cancelled_in(&this->context()->scope, error)) {
      Buffer::store_error(slot, error);
      buffer().done(slot);
      fail(index, error);
    } else {
      // The failure is kept before the child counts as ended: a later failure cannot overtake it.
      fail(index, error);
      buffer().failed(slot);
    }
  }
  void fail(std::size_t index, const std::exception_ptr& error) noexcept {
    if constexpr (kOutcomes) {
      Loop::child_failed(index, error);
    } else {
      if (!keep_failure(index, error)) Loop::child_failed(index, error);
      buffer().halt();
    }
  }

  /// Whether the failure stops the other children later: see above.
  [[nodiscard]] bool keep_failure(std::size_t index, const std::exception_ptr& error) noexcept {
    if (!buffer().ordered() || is_cancelled_in(&this->context()->scope, error)) return false;
    const std::scoped_lock guard{kept_lock_};
    if (recorded_) return false;
    try {
      kept_.push_back({index, error});
      first_kept_ = std::min(first_kept_, index);
      has_kept_.store(true, std::memory_order_relaxed);
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }
  /// Stops the other children because of the failures that were kept, if all children before the
  /// first of them have ended. Failures that come meanwhile are kept too, and recorded after those.
  void record_failures() noexcept {
    if (!has_kept_.load(std::memory_order_relaxed)) return;
    {
      const std::scoped_lock guard{kept_lock_};
      if (recording_ || !buffer().ended_before(first_kept_)) return;
      recording_ = true;
    }
    for (;;) {
      std::vector<Failure> failures;
      {
        const std::scoped_lock guard{kept_lock_};
        recorded_ = kept_.empty();
        if (recorded_) return;
        failures.swap(kept_);
      }
      std::ranges::sort(failures, {}, &Failure::index);
      for (const Failure& failure : failures) Loop::child_failed(failure.index, failure.error);
    }
  }

  // A child that ends after another one has set it sees it: both have taken the buffer's lock
  // since.
  std::atomic<bool> has_kept_{false};
  lowlevel::SpinLock kept_lock_;
  std::vector<Failure> kept_;
  // The least index of all that were kept.
  std::size_t first_kept_ = static_cast<std::size_t>(-1);
  bool recording_ = false;
  // Failures are not kept any more.
  bool recorded_ = false;
};

}  // namespace mtaio::internal
