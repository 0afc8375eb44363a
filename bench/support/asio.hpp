/// What Boost.Asio needs to run on several threads.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <thread>
#include <vector>

namespace bench {

/// Runs what was spawned to its end. A context should know how many threads will use it,
/// `io_context{1}`: then it does without locks.
inline void run_asio(boost::asio::io_context& io, std::size_t threads) {
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&io] { io.run(); });
  io.run();
}

}  // namespace bench
