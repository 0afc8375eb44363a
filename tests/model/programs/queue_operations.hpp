/// The operations of a queue that wait, with the model beside them.
#pragma once

#include "model/explore/check.hpp"
#include "model/programs/modelled_wait.hpp"
#include "model/reference/wait.hpp"

#include <optional>

namespace model {

template <class Run, class Inner>
class ModelledPut final : public ModelledWait<Run, Inner, ModelledPut<Run, Inner>> {
  using Base = ModelledWait<Run, Inner, ModelledPut>;

 public:
  static constexpr bool kTakesTurns = true;
  template <class Make>
  ModelledPut(Run& run, Wait& wait, Make make) : Base{run, wait, make} {}
  bool tries() { return !this->run().model().full(); }
  void at_once() {
    this->run().watch_moves_of(this->wait().item);
    this->run().model().put_at_once(this->wait());
  }
  void suspend() { this->run().model().put(this->wait()); }
  End resume() {
    this->inner().await_resume();
    return End::kServed;
  }
};

/// `get()` and `next()`
template <class Run, class Inner>
class ModelledGet final : public ModelledWait<Run, Inner, ModelledGet<Run, Inner>> {
  using Base = ModelledWait<Run, Inner, ModelledGet>;

 public:
  static constexpr bool kTakesTurns = true;
  template <class Make>
  ModelledGet(Run& run, Wait& wait, Make make) : Base{run, wait, make} {}
  bool tries() {
    const auto& model = this->run().model();
    return model.size() > 0 || model.is_shut_down();
  }
  void at_once() { this->run().model().get_at_once(this->wait()); }
  void suspend() { this->run().model().get(this->wait()); }
  End resume() {
    const int number = this->wait().end == End::kServed ? take() : number_of_result();
    this->run().check_between();
    if (number == 0) return End::kShutDown;
    expect_equal(this->wait().item, number, "the item that came");
    return End::kServed;
  }

 private:
  int take() {
    Wait& wait = this->wait();
    const typename Run::Taking taking{this->run(), wait.item, &wait};
    return number_of_result();
  }
  int number_of_result() { return this->run().number_of(this->inner().await_resume()); }
};

template <class Run, class Inner>
class ModelledJoin final : public ModelledWait<Run, Inner, ModelledJoin<Run, Inner>> {
  using Base = ModelledWait<Run, Inner, ModelledJoin>;

 public:
  static constexpr bool kTakesTurns = false;
  template <class Make>
  ModelledJoin(Run& run, Wait& wait, Make make) : Base{run, wait, make} {}
  void at_once() { this->run().model().join_at_once(this->wait()); }
  void suspend() { this->run().model().join(this->wait()); }
  End resume() {
    this->inner().await_resume();
    return End::kServed;
  }
};

}  // namespace model
