#include <mtaio/python/arrival_scheduler.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include <chrono>
#include <string>

namespace mtaio::python {
namespace {

[[noreturn]] void not_for_coroutines(const char* member) noexcept {
  lowlevel::contract_violation(std::string{"ArrivalScheduler::"} + member +
                               "(): called for a C++ coroutine. Coroutines run on a Runtime; "
                               "an event loop, or a blocked thread, only runs Python.");
}

}  // namespace

lowlevel::TimePoint ArrivalScheduler::now() noexcept { return std::chrono::steady_clock::now(); }
void ArrivalScheduler::arm(lowlevel::Timer&, lowlevel::TimePoint) noexcept {
  not_for_coroutines("arm");
}
void ArrivalScheduler::run_blocking(lowlevel::BlockingJob&, lowlevel::BlockingPool*) {
  not_for_coroutines("run_blocking");
}
bool ArrivalScheduler::withdraw_blocking(lowlevel::BlockingJob&, lowlevel::BlockingPool*) noexcept {
  not_for_coroutines("withdraw_blocking");
}
void ArrivalScheduler::notify_one() noexcept { not_for_coroutines("feed"); }
void ArrivalScheduler::block(const internal::ThreadEvent&) noexcept {
  not_for_coroutines("block");
}

}  // namespace mtaio::python
