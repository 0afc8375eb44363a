/// The time that an operation may take.
#pragma once

#include <mtaio/base/durations.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>
#include <stdexcept>
#include <type_traits>

namespace mtaio {

/// A length of time. Converts from any `std::chrono::duration` and never overflows.
///
/// A duration that does not fit in 64 bits of nanoseconds (292 years) means "forever"; zero or less
/// means "now". Throws `std::invalid_argument` for a floating-point duration that is not a number.
///
/// From docs/timeout.md:
///
///     co_await mtaio::sleep(1.5s);
///     co_await executor.run(fetch(urls[0]), {.timeout = std::chrono::hours::max()});  // forever
class Timeout {
 public:
  using Nanoseconds = std::chrono::nanoseconds;

  template <class Rep, class Period>
  // NOLINTNEXTLINE(*-explicit-*): 5s is a Timeout
  constexpr Timeout(std::chrono::duration<Rep, Period> duration)
      : nanoseconds_{saturate(duration)} {}

  /// The timeout that never expires.
  [[nodiscard]] static constexpr Timeout forever() noexcept {
    return Timeout{Exactly{}, Nanoseconds::max()};
  }

  [[nodiscard]] constexpr bool is_forever() const noexcept {
    return nanoseconds_ == Nanoseconds::max();
  }
  [[nodiscard]] constexpr bool is_now() const noexcept {
    return nanoseconds_ <= Nanoseconds::zero();
  }

  /// The length in nanoseconds; `nanoseconds::max()` means "forever".
  [[nodiscard]] constexpr Nanoseconds nanoseconds() const noexcept { return nanoseconds_; }

  friend constexpr bool operator==(Timeout, Timeout) noexcept = default;

 private:
  struct Exactly {};
  constexpr Timeout(Exactly, Nanoseconds nanoseconds) noexcept : nanoseconds_{nanoseconds} {}

  // Nanoseconds in one tick, in lowest terms.
  template <class Period>
  using Tick = std::ratio_divide<Period, std::nano>;

  template <class Rep, class Period>
  static constexpr Nanoseconds saturate(std::chrono::duration<Rep, Period> duration) {
    if constexpr (std::integral<Rep>) {
      return from_integer<Tick<Period>>(duration.count());
    } else {
      return from_floating<Tick<Period>>(static_cast<long double>(duration.count()));
    }
  }

  template <class Tick>
  static constexpr Nanoseconds from_floating(long double count) {
    if (count != count) {
      throw std::invalid_argument{
          "Timeout(nan): a timeout must be a number; use Timeout::forever() to wait without "
          "limit."};
    }
    const long double nanoseconds =
        count * (static_cast<long double>(Tick::num) / static_cast<long double>(Tick::den));
    // A power of two: exact in any floating type.
    constexpr long double kEnd = -static_cast<long double>(Nanoseconds::min().count());
    if (nanoseconds >= kEnd) return Nanoseconds::max();
    if (nanoseconds <= -kEnd) return Nanoseconds::min();
    return Nanoseconds{static_cast<Nanoseconds::rep>(nanoseconds)};
  }

  // The result may fit although count * num does not. So the whole multiples of the denominator are
  // converted first.
  template <class Tick, std::integral Rep>
  static constexpr Nanoseconds from_integer(Rep count) {
    using Wide = std::common_type_t<Rep, std::intmax_t>;
    constexpr auto kDen = static_cast<Wide>(Tick::den);
    const Wide whole = static_cast<Wide>(count) / kDen;
    const auto rest = static_cast<std::intmax_t>(static_cast<Wide>(count) % kDen);
    Nanoseconds::rep nanoseconds{};
    if (__builtin_mul_overflow(whole, Tick::num, &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, part_of_tick<Tick>(rest), &nanoseconds)) {
      return count < Rep{0} ? Nanoseconds::min() : Nanoseconds::max();
    }
    return Nanoseconds{nanoseconds};
  }

  /// `rest * num / den`, rounded towards zero. REQUIRES: |rest| < den.
  template <class Tick>
  static constexpr std::intmax_t part_of_tick(std::intmax_t rest) {
    if constexpr (Tick::num <= std::numeric_limits<std::intmax_t>::max() / Tick::den) {
      return rest * Tick::num / Tick::den;
    } else {
      // Long division, bit by bit. No intermediate value exceeds 2 * den.
      const bool negative = rest < 0;
      const auto part = static_cast<std::uintmax_t>(negative ? -rest : rest);
      constexpr auto kDen = static_cast<std::uintmax_t>(Tick::den);
      std::uintmax_t quotient = 0;
      std::uintmax_t remainder = 0;
      const auto add = [&](std::uintmax_t number) {
        remainder += number;
        if (remainder < kDen) return;
        remainder -= kDen;
        ++quotient;
      };
      for (std::uintmax_t bit = std::uintmax_t{1} << 62U; bit != 0; bit >>= 1U) {
        quotient *= 2;
        add(remainder);
        if ((static_cast<std::uintmax_t>(Tick::num) & bit) != 0) add(part);
      }
      const auto result = static_cast<std::intmax_t>(quotient);
      return negative ? -result : result;
    }
  }

  Nanoseconds nanoseconds_;
};

}  // namespace mtaio
