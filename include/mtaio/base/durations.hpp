/// Durations, clocks and the literals of durations, without the rest of <chrono>.
///
/// With libstdc++, <chrono> brings in streams and locales for its calendars: a tenth of the time
/// that the compiler takes for a small program. The <mutex> of libstdc++ needs only durations and
/// clocks, for `std::timed_mutex`.
#pragma once

#include <mutex>

// Not defined: another standard library, or a <mutex> that does without durations.
#if !defined(_GLIBCXX_CHRONO_H)
#include <chrono>
#endif
