#include <mtaio/timeout.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using mtaio::Timeout;
using std::chrono::duration;
using std::chrono::nanoseconds;
template <class T>
using Limits = std::numeric_limits<T>;

TEST_CASE("timeout: converts implicitly from any duration") {
  const auto nanoseconds_of = [](Timeout timeout) { return timeout.nanoseconds(); };
  CHECK(nanoseconds_of(5s) == 5s);
  CHECK(nanoseconds_of(5ns) == 5ns);
  CHECK(nanoseconds_of(5h) == 5h);
  CHECK(nanoseconds_of(duration<int, std::ratio<1, 3>>{3}) == 1s);
  CHECK(nanoseconds_of(duration<std::int8_t>{100}) == 100s);
  CHECK(nanoseconds_of(duration<std::uint64_t, std::milli>{7}) == 7ms);
  CHECK(nanoseconds_of(duration<std::int64_t, std::pico>{7'999}) == 7ns);
}

TEST_CASE("timeout: converts from floating durations") {
  CHECK(Timeout{1.5s}.nanoseconds() == 1500ms);
  CHECK(Timeout{duration<float>{0.25F}}.nanoseconds() == 250ms);
  CHECK(Timeout{duration<double, std::milli>{0.5}}.nanoseconds() == 500us);
  CHECK(Timeout{duration<long double, std::ratio<3600>>{0.5L}}.nanoseconds() == 30min);
  CHECK(Timeout{duration<double>{-2.5}}.nanoseconds() == -2500ms);
}

TEST_CASE("timeout: a time that does not fit is forever, and never overflows") {
  CHECK(Timeout{std::chrono::hours::max()}.is_forever());
  CHECK(Timeout{std::chrono::seconds::max()}.is_forever());
  CHECK(Timeout{std::chrono::milliseconds::max()}.is_forever());
  CHECK(Timeout{nanoseconds::max()}.is_forever());
  CHECK(Timeout{duration<std::uint64_t, std::nano>{Limits<std::uint64_t>::max()}}.is_forever());
  CHECK(Timeout{duration<double>{1e30}}.is_forever());
  CHECK(Timeout{duration<double>{Limits<double>::infinity()}}.is_forever());
  CHECK(Timeout{duration<double>{Limits<double>::max()}}.is_forever());
  CHECK(Timeout{duration<float, std::ratio<86400>>{Limits<float>::max()}}.is_forever());
  CHECK(Timeout{duration<double, std::nano>{9.3e18}}.is_forever());
  CHECK(Timeout{std::chrono::years{293}}.is_forever());
}

TEST_CASE("timeout: a time that just fits is kept") {
  CHECK(Timeout{nanoseconds::max() - 1ns}.nanoseconds() == nanoseconds::max() - 1ns);
  CHECK_FALSE(Timeout{nanoseconds::max() - 1ns}.is_forever());
  CHECK(Timeout{std::chrono::years{292}}.nanoseconds() == std::chrono::years{292});
  const std::chrono::seconds last{Limits<std::int64_t>::max() / 1'000'000'000};
  CHECK(Timeout{last}.nanoseconds() == last);
  CHECK(Timeout{last + 1s}.is_forever());
}

TEST_CASE("timeout: odd units do not overflow on the way either") {
  // 3.3e18 ns fit in 64 bits; the count times the numerator of the unit does not.
  const duration<std::int64_t, std::ratio<1001, 30000>> frames{100'000'000'000};
  const auto expected = std::chrono::duration_cast<duration<long double>>(frames);
  const duration<long double> got = Timeout{frames}.nanoseconds();
  CHECK(got.count() == doctest::Approx(static_cast<double>(expected.count())));
  CHECK_FALSE(Timeout{frames}.is_now());
}

TEST_CASE("timeout: is exact where count times numerator fits in no integer") {
  using Frames = duration<std::int64_t, std::ratio<1001, 30000>>;  // of 100100000/3 ns
  CHECK(Timeout{Frames{1}}.nanoseconds() == 33'366'666ns);
  CHECK(Timeout{Frames{-1}}.nanoseconds() == -33'366'666ns);
  CHECK(Timeout{Frames{100'000'000'001}}.nanoseconds() == 3'336'666'666'700'033'333ns);
  CHECK(Timeout{Frames{276'424'736'369}}.nanoseconds() == 9'223'372'036'845'633'333ns);
  CHECK(Timeout{Frames{276'424'736'370}}.is_forever());
  CHECK(Timeout{Frames{-276'424'736'370}}.nanoseconds() == nanoseconds::min());

  // The numerator times the denominator does not fit either: 4611686018427387847/3037000493 ns.
  using Odd =
      duration<std::int64_t, std::ratio<4'611'686'018'427'387'847, 3'037'000'493'000'000'000>>;
  CHECK(Timeout{Odd{1}}.nanoseconds() == 1'518'500'253ns);
  CHECK(Timeout{Odd{2}}.nanoseconds() == 3'037'000'506ns);
  CHECK(Timeout{Odd{3'037'000'492}}.nanoseconds() == 4'611'686'016'908'887'593ns);
  CHECK(Timeout{Odd{-3'037'000'492}}.nanoseconds() == -4'611'686'016'908'887'593ns);
  CHECK(Timeout{Odd{6'000'000'000}}.nanoseconds() == 9'111'001'520'856'298'090ns);
  CHECK(Timeout{Odd{7'000'000'000}}.is_forever());
}

TEST_CASE("timeout: zero or less is now") {
  CHECK(Timeout{0s}.is_now());
  CHECK(Timeout{-1ns}.is_now());
  CHECK(Timeout{-0.0s}.is_now());
  CHECK(Timeout{std::chrono::hours::min()}.is_now());
  CHECK(Timeout{nanoseconds::min()}.is_now());
  CHECK(Timeout{duration<double>{-Limits<double>::infinity()}}.is_now());
  CHECK(Timeout{duration<double>{-1e300}}.is_now());
  CHECK_FALSE(Timeout{1ns}.is_now());
  CHECK_FALSE(Timeout::forever().is_now());
  CHECK_FALSE(Timeout{-1s}.is_forever());
}

TEST_CASE("timeout: NaN is std::invalid_argument") {
  CHECK_THROWS_AS(Timeout{duration<double>{Limits<double>::quiet_NaN()}}, std::invalid_argument);
  CHECK_THROWS_AS(Timeout{duration<float>{Limits<float>::quiet_NaN()}}, std::invalid_argument);
  CHECK_THROWS_AS((Timeout{duration<long double, std::nano>{-Limits<long double>::quiet_NaN()}}),
                  std::invalid_argument);
}

TEST_CASE("timeout: equal lengths are equal, whatever they were made from") {
  CHECK(Timeout{1s} == Timeout{1000ms});
  CHECK(Timeout{1.0s} == Timeout{1s});
  CHECK(Timeout{std::chrono::hours::max()} == Timeout::forever());
  CHECK(Timeout{1s} != Timeout{2s});
}

TEST_CASE("timeout: is a constant expression") {
  static_assert(Timeout{5s}.nanoseconds() == 5s);
  static_assert(Timeout{1.5s}.nanoseconds() == 1500ms);
  static_assert(Timeout{std::chrono::hours::max()}.is_forever());
}

}  // namespace
