/// `std::unique_ptr`, without the rest of <memory>.
///
/// With libstdc++, the rest is shared pointers and the algorithms for uninitialised memory.
#pragma once

// libstdc++ defines std::unique_ptr here.
#if __has_include(<bits/unique_ptr.h>)
#include <bits/unique_ptr.h>
#else
#include <memory>
#endif
