/// A few tasks put into a queue and take from it.
#include "model/programs/queue_run.hpp"

#include <memory>
#include <vector>

namespace model {
namespace {

class QueueProgram final : public Actors {
 public:
  template <Moves kMoves>
  void try_with() {
    kinds_.push_back(std::make_unique<QueueRun<mtaio::AsyncQueue, kMoves>>(*this));
    kinds_.push_back(std::make_unique<QueueRun<mtaio::LIFOQueue, kMoves>>(*this));
    kinds_.push_back(std::make_unique<QueueRun<mtaio::PriorityQueue, kMoves>>(*this));
  }

 private:
  void set_up() override {
    run_ = kinds_[choose(kinds_.size())].get();
    const std::size_t capacity = choose(4);
    run_->set_up(capacity);
  }
  mtaio::Task<void> act(std::size_t actor) override { return run_->act(actor); }
  void compare() noexcept override { run_->compare(); }
  void let_go() override { run_->let_go(); }
  void tear_down() override { run_->tear_down(); }

  std::vector<std::unique_ptr<AnyQueueRun>> kinds_;
  AnyQueueRun* run_ = nullptr;
};

}  // namespace

std::unique_ptr<RandomProgram> make_queue_program() {
  auto program = std::make_unique<QueueProgram>();
  program->try_with<Moves::kUnseen>();
  return program;
}

std::unique_ptr<RandomProgram> make_moves_program() {
  auto program = std::make_unique<QueueProgram>();
  program->try_with<Moves::kSeen>();
  program->try_with<Moves::kThrow>();
  return program;
}

}  // namespace model
