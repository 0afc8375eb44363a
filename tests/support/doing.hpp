/// What a long test case is doing, printed when it hangs.
#pragma once

#include <atomic>

namespace test {

/// A line of text, or null. Printed when a test case hangs (tests/support/main.cpp).
inline std::atomic<const char*> doing{nullptr};

}  // namespace test
