/// What Boost.Asio needs to run on several threads.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <thread>
#include <vector>

namespace bench {

/// Runs the spawned coroutines to their end. A context that is told the number of its threads,
/// `io_context{1}`, works without locks.
inline void run_asio(boost::asio::io_context& io, std::size_t threads) {
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&io] { io.run(); });
  io.run();
}

}  // namespace bench
