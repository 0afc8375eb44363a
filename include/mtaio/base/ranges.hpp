/// The concepts of ranges, `begin`, `end` and `size`, without the views of <ranges>.
///
/// With libstdc++, the views take a tenth of the time that the compiler takes for a small program.
/// The <string_view> of libstdc++ needs only the concepts.
#pragma once

#include <string_view>

// Not defined: another standard library, or a <string_view> that does without the concepts.
#if !defined(_GLIBCXX_RANGES_BASE_H)
#include <ranges>
#endif
