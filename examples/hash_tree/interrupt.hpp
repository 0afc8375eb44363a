/// Ctrl-C, as a stop token.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <stop_token>
#include <thread>

/// Turns the first SIGINT or SIGTERM into a stop request; the second one ends the program
/// immediately. It must be constructed before any other thread starts, so that all threads block
/// the signals and the thread of this object receives them.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::thread{[this] { wait_for_signals(); }};
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    over_ = true;
    pthread_kill(thread_.native_handle(), SIGINT);
    thread_.join();
  }

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// The signal that was received; 0 if none was.
  [[nodiscard]] int signal() const { return signal_; }

 private:
  void wait_for_signals() {
    for (int signal = 0; sigwait(&signals_, &signal) == 0 && !over_;) {
      if (signal_.exchange(signal) != 0) std::_Exit(128 + signal);
      source_.request_stop();
    }
  }

  sigset_t signals_{};
  std::atomic<int> signal_{0};
  std::atomic<bool> over_{false};
  std::stop_source source_;
  std::thread thread_;
};
