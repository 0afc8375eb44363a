/// A gate to wait for, which Boost.Asio lacks: a channel that is closed when the gate opens.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bench {

/// `Channel` is `LocalChannel` if one thread runs the context, otherwise `SharedChannel`.
template <class Channel>
class AsioGate {
 public:
  explicit AsioGate(boost::asio::io_context& io) : channel_{io} {}

  void open() { channel_.close(); }
  boost::asio::awaitable<void> wait() {
    co_await channel_.async_receive(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  Channel channel_;
};

using LocalChannel = boost::asio::experimental::channel<void(boost::system::error_code)>;
using SharedChannel =
    boost::asio::experimental::concurrent_channel<void(boost::system::error_code)>;

}  // namespace bench
