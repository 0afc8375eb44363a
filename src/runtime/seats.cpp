#include "runtime/seats.hpp"

#include "platform/futex.hpp"

namespace mtaio::runtime {
namespace {

void add_to(std::atomic<std::size_t>& count, std::size_t change) noexcept {
  count.store(count.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

constexpr auto kOneLess = static_cast<std::size_t>(-1);

}  // namespace

void Seats::put(Seat& seat, Occupant& who) noexcept {
  seat.occupant = &who;
  who.seat = &seat;
  if (who.spare) ++spares_seated_;
}

Seat& Seats::take_from(Occupant& who) noexcept {
  Seat& seat = *who.seat;
  who.seat = nullptr;
  seat.occupant = nullptr;
  if (who.spare) --spares_seated_;
  return seat;
}

void Seats::notify(Occupant& who) noexcept {
  // release: the new seat, and all that its last occupant did there, is visible to the one who sits
  // down.
  who.changed.store(1, std::memory_order_release);
  platform::futex_wake(&who.changed, 1);  // only the address is used
}

void Seats::add(Seat& seat) {
  all_.push_back(&seat);
  free_.push_back(seat);
}

bool Seats::try_sit(Occupant& who) noexcept {
  const Guard guard{mutex_};
  Seat* seat = free_.pop_front();
  if (seat) put(*seat, who);
  return seat != nullptr;
}

bool Seats::wait(Guard& guard, Occupant& who) noexcept {
  while (who.changed.load(std::memory_order_acquire) == 0) {
    guard.unlock();
    platform::futex_wait(who.changed, 0);
    guard.lock();
  }
  return who.seat != nullptr;
}

bool Seats::sit(Occupant& who, bool insists) noexcept {
  Guard guard{mutex_};
  if (who.leave.load(std::memory_order_relaxed) && !insists) return false;
  if (Seat* seat = free_.pop_front()) {
    put(*seat, who);
    return true;
  }
  who.changed.store(0, std::memory_order_relaxed);
  who.insists = insists;
  add_to(waiters_, 1);
  if (insists) {
    waiting_.push_front(who);
    add_to(insisting_, 1);
  } else {
    waiting_.push_back(who);
  }
  // Somebody who sleeps on a seat may have to get up for this one.
  for (const Seat* seat : all_) seat->parker->unpark();
  const bool seated = wait(guard, who);
  who.insists = false;
  return seated;
}

void Seats::leave(Occupant& who) noexcept {
  const Guard guard{mutex_};
  Seat& seat = take_from(who);
  Occupant* next = waiting_.pop_front();
  if (next) {
    add_to(waiters_, kOneLess);
    if (next->insists) add_to(insisting_, kOneLess);
  } else if (spare_needed()) {
    next = spares_.pop_front();  // if there is none, it is on its way to wait_as_spare()
  }
  if (next) {
    put(seat, *next);
    notify(*next);
  } else {
    free_.push_back(seat);
  }
}

void Seats::pass(Occupant& from, Occupant& who) noexcept {
  const Guard guard{mutex_};
  put(take_from(from), who);
  if (!from.spare) ++blocked_;
  notify(who);
}

void Seats::come_back(Occupant& who) noexcept {
  sit(who, true);
  const Guard guard{mutex_};
  if (!who.spare) --blocked_;
}

void Seats::dismiss(Occupant& who) noexcept {
  const Guard guard{mutex_};
  who.leave.store(true, std::memory_order_relaxed);
  if (who.seat) {
    who.seat->parker->unpark();
  } else if (who.linked() && !who.insists) {
    // A spare, or somebody who waits for a seat.
    if (who.spare) {
      spares_.erase(who);
    } else {
      waiting_.erase(who);
      add_to(waiters_, kOneLess);
    }
    notify(who);
  }
}

bool Seats::wait_as_spare(Occupant& spare) noexcept {
  Guard guard{mutex_};
  if (!spare.seat) {
    spare.changed.store(0, std::memory_order_relaxed);
    // A thread that was started to take over a seat is not up for anybody else's.
    if (!spare.promised) {
      if (spare.leave.load(std::memory_order_relaxed)) return false;
      if (Seat* seat = spare_needed() ? free_.pop_front() : nullptr) {
        put(*seat, spare);
        return true;
      }
      spares_.push_back(spare);
    }
    wait(guard, spare);
  }
  spare.promised = false;
  return spare.seat != nullptr;
}

Occupant* Seats::take_spare() noexcept {
  const Guard guard{mutex_};
  Occupant* spare = spares_.pop_front();
  if (spare) spare->promised = true;
  return spare;
}

}  // namespace mtaio::runtime
