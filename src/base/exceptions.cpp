#include <mtaio/exceptions.hpp>

#include <mtaio/base/ref_count.hpp>

#include "base/exception_cast.hpp"
#include "base/text.hpp"
#include "base/while_stopping.hpp"

#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mtaio {

namespace internal {

struct Failures {
  std::vector<ExecutionError::Failure> list;
  RefCount owners;
  /// The next one to destroy.
  Failures* next = nullptr;
};

namespace {

thread_local constinit Failures* to_destroy = nullptr;
thread_local constinit bool destroying = false;

/// The cause of a failure may be an ExecutionError with failures of its own. This destroys them one
/// after the other, so that no depth of nesting grows the stack.
void destroy(Failures* failures) noexcept {
  failures->next = to_destroy;
  to_destroy = failures;
  if (destroying) return;
  destroying = true;
  while (Failures* next = to_destroy) {
    to_destroy = next->next;
    delete next;
  }
  destroying = false;
}

SharedFailures share(std::vector<ExecutionError::Failure> failures) {
  auto* shared = new Failures;
  shared->list = std::move(failures);
  return SharedFailures{shared};
}

}  // namespace

SharedFailures::SharedFailures(const SharedFailures& other) noexcept : failures_{other.failures_} {
  failures_->owners.retain();
}

SharedFailures& SharedFailures::operator=(const SharedFailures& other) noexcept {
  SharedFailures copy{other};
  std::swap(failures_, copy.failures_);
  return *this;
}

SharedFailures::~SharedFailures() {
  if (failures_->owners.release()) destroy(failures_);
}

}  // namespace internal

namespace {

// The length to which a nested message is cut: failures may be nested thousands deep, and each
// message quotes the next.
constexpr std::size_t kQuoted = 500;

std::string quoted(std::string_view text) {
  const std::string_view shown = text.substr(0, kQuoted);
  return internal::text({shown, shown.size() < text.size() ? "..." : ""});
}

std::string message_of(const std::exception_ptr& cause) {
  using internal::exception_cast;
  if (const auto* nesting = exception_cast<Error>(cause)) return quoted(nesting->what());
  if (const auto* error = exception_cast<std::exception>(cause)) return error->what();
  if (const auto* cancelled = exception_cast<CancelledError>(cause)) {
    return quoted(cancelled->what());
  }
  return "an exception not derived from std::exception";
}

std::string describe(const std::vector<ExecutionError::Failure>& failures,
                     std::optional<std::size_t> total) {
  const auto& first = failures.front();
  const std::string why = message_of(first.cause);
  return total ? internal::text({"task ", first.index, " of ", *total, " failed: ", why})
               : internal::text({"task ", first.index, " failed: ", why});
}

constexpr const char* kWhileStopping = "; while stopping: ";

/// A second owner of a nested exception, destroyed after the `std::nested_exception`: so the nested
/// exception is destroyed by `destroy()`, where no depth of nesting grows the stack.
class Holder {
 protected:
  explicit Holder(const std::exception_ptr& nested) : nested_{internal::share({{0, nested}})} {}

 private:
  internal::SharedFailures nested_;
};

// Construct each while the exception to be nested is being handled: std::nested_exception captures
// it.

struct TimeoutErrorWhileStopping final : TimeoutError, private Holder, std::nested_exception {
  TimeoutErrorWhileStopping(const std::string& text, const std::exception_ptr& nested)
      : TimeoutError{internal::text({text, kWhileStopping, message_of(nested)})}, Holder{nested} {}
};

class CancelledErrorWhileStopping final : public CancelledError,
                                          private Holder,
                                          public std::nested_exception {
 public:
  explicit CancelledErrorWhileStopping(const std::exception_ptr& nested)
      : Holder{nested},
        // NOLINTNEXTLINE(bugprone-throw-keyword-missing): a member, not thrown
        text_{internal::text({CancelledError::what(), kWhileStopping, message_of(nested)})} {}
  [[nodiscard]] const char* what() const noexcept override { return text_.what(); }

 private:
  /// Not a string, because copying an exception must not throw.
  std::runtime_error text_;
};

/// An `E` with `nested` nested in it. Null if `nested` is null, or if memory is exhausted.
template <class E, class... Args>
std::exception_ptr nesting(const std::exception_ptr& nested, const Args&... args) noexcept {
  if (!nested) return nullptr;
  try {
    std::rethrow_exception(nested);
  } catch (...) {
    try {
      return std::make_exception_ptr(E{args..., nested});
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
}

}  // namespace

Error::~Error() = default;
TimeoutError::~TimeoutError() = default;
QueueShutDown::~QueueShutDown() = default;
ExecutionError::~ExecutionError() = default;
CancelledError::~CancelledError() = default;

const char* CancelledError::what() const noexcept { return "the task was asked to stop"; }

ExecutionError::ExecutionError(std::exception_ptr cause)
    : Error{internal::text({"task failed: ", message_of(cause)})},
      failures_{internal::share({Failure{0, std::move(cause)}})},
      has_index_{false} {}

ExecutionError::ExecutionError(std::vector<Failure> failures, std::optional<std::size_t> total)
    : Error{describe(failures, total)},
      failures_{internal::share(std::move(failures))},
      has_index_{true} {}

const std::exception_ptr& ExecutionError::cause() const noexcept {
  return failures_->list.front().cause;
}
std::size_t ExecutionError::index() const noexcept { return failures_->list.front().index; }
const std::vector<ExecutionError::Failure>& ExecutionError::failures() const noexcept {
  return failures_->list;
}

namespace internal {

void throw_timeout_error(const std::string& text, const std::exception_ptr& while_stopping) {
  if (const auto error = nesting<TimeoutErrorWhileStopping>(while_stopping, text)) {
    std::rethrow_exception(error);
  }
  throw TimeoutError{text};
}

void throw_cancelled_error(const std::exception_ptr& while_stopping) {
  if (const auto error = nesting<CancelledErrorWhileStopping>(while_stopping)) {
    std::rethrow_exception(error);
  }
  throw CancelledError{};
}

std::exception_ptr nested_in_cancelled(const std::exception_ptr& error) noexcept {
  if (!exception_cast<CancelledError>(error)) return nullptr;
  const auto* nesting = exception_cast<std::nested_exception>(error);
  return nesting ? nesting->nested_ptr() : nullptr;
}

const std::exception_ptr& without_wrapping(const std::exception_ptr& error) noexcept {
  const auto* wrapping = exception_cast<ExecutionError>(error);
  return wrapping && !wrapping->has_index() ? wrapping->cause() : error;
}

}  // namespace internal

}  // namespace mtaio
