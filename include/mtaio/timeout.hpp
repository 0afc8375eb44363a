/// How long something may take.
#pragma once

#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <ratio>
#include <stdexcept>
#include <type_traits>

namespace mtaio {

/// A length of time, converted from any `std::chrono::duration` without ever overflowing.
///
/// A duration that does not fit in 64 bits of nanoseconds (292 years) means "for ever"; zero or
/// less means "now". Throws `std::invalid_argument` for a floating duration that is not a number.
///
///     co_await mtaio::sleep(1.5s);
///     co_await executor.run(fetch(url), {.timeout = std::chrono::hours::max()});  // for ever
class Timeout {
 public:
  using Nanoseconds = std::chrono::nanoseconds;

  template <class Rep, class Period>
  constexpr Timeout(
      std::chrono::duration<Rep, Period> duration)  // NOLINT(*-explicit-*): 5s is a Timeout
      : nanoseconds_{saturate(duration)} {}

  /// The time that never runs out.
  [[nodiscard]] static constexpr Timeout forever() noexcept {
    return Timeout{Exactly{}, Nanoseconds::max()};
  }

  [[nodiscard]] constexpr bool is_forever() const noexcept {
    return nanoseconds_ == Nanoseconds::max();
  }
  [[nodiscard]] constexpr bool is_now() const noexcept {
    return nanoseconds_ <= Nanoseconds::zero();
  }

  /// The length in nanoseconds; `nanoseconds::max()` stands for "for ever".
  [[nodiscard]] constexpr Nanoseconds nanoseconds() const noexcept { return nanoseconds_; }

  friend constexpr bool operator==(Timeout, Timeout) noexcept = default;

 private:
  struct Exactly {};
  constexpr Timeout(Exactly, Nanoseconds nanoseconds) noexcept : nanoseconds_{nanoseconds} {}

  template <class Rep, class Period>
  static constexpr Nanoseconds saturate(std::chrono::duration<Rep, Period> duration) {
    // Nanoseconds in one tick. A long double holds every 64-bit integer exactly, so a comparison
    // against the limits is exact too; the integer conversion is done only for what is known to
    // fit.
    using ToNano = std::ratio_divide<Period, std::nano>;
    constexpr long double kTick =
        static_cast<long double>(ToNano::num) / static_cast<long double>(ToNano::den);
    const auto wide = static_cast<long double>(duration.count());
    if (wide != wide) {
      throw std::invalid_argument{
          "Timeout(nan): a timeout must be a number; use Timeout::forever() to wait without "
          "limit."};
    }
    constexpr auto kMax = static_cast<long double>(Nanoseconds::max().count());
    if (wide * kTick >= kMax) return Nanoseconds::max();
    if (wide * kTick <= -kMax) return Nanoseconds::min();
    if constexpr (std::integral<Rep>) {
      __extension__ using Wide = __int128;  // the result fits, the product on the way may not
      return Nanoseconds{static_cast<Nanoseconds::rep>(static_cast<Wide>(duration.count()) *
                                                       ToNano::num / ToNano::den)};
    } else {
      return Nanoseconds{static_cast<Nanoseconds::rep>(wide * kTick)};
    }
  }

  Nanoseconds nanoseconds_;
};

}  // namespace mtaio
