/// Notes what a strategy decides, so that an execution can be run again.
#pragma once

#include "interleave/explorer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mtaio::testing::interleave {

/// A decision that is not the usual one.
struct Decision {
  /// How many decisions were made before it, usual ones included.
  std::size_t position = 0;
  /// The actor, or the number of the choice.
  unsigned chosen = 0;
};

/// "c:" and for each decision that is not the usual one, how many usual ones go before it, "=", and
/// what was chosen.
[[nodiscard]] std::string to_replay(const std::vector<Decision>& decisions);
/// Throws std::invalid_argument.
[[nodiscard]] std::vector<Decision> from_replay(std::string_view replay);

/// Passes each question on to a strategy, and notes the answer.
class Recorder final : public Choices {
 public:
  explicit Recorder(Explorer& explorer) : explorer_{explorer} {}

  [[nodiscard]] bool begin();
  [[nodiscard]] int choose_actor(const Moment& moment);
  [[nodiscard]] unsigned choose(unsigned count, Choice what) override;
  /// Noted as well: it changes what there is to choose from.
  [[nodiscard]] bool explored_before(int thread, std::size_t step) override;
  void end(const Moment& last) { explorer_.end(last); }
  /// The string that runs the current execution again.
  [[nodiscard]] std::string replay() const;

 private:
  void note(unsigned chosen, unsigned usual);

  Explorer& explorer_;
  std::size_t position_ = 0;
  std::vector<Decision> decisions_;
};

/// Makes the decisions of an earlier execution again.
class Replay final : public Explorer {
 public:
  explicit Replay(std::vector<Decision> decisions) : decisions_{std::move(decisions)} {}

  [[nodiscard]] bool begin() override;
  [[nodiscard]] int choose_actor(const Moment& moment) override;
  [[nodiscard]] unsigned choose(unsigned count, Choice what) override;
  [[nodiscard]] bool explored_before(int thread, std::size_t step) override;

 private:
  /// What was decided at this position, if it was not the usual.
  [[nodiscard]] unsigned next(unsigned usual);

  std::vector<Decision> decisions_;
  std::size_t position_ = 0;
  std::size_t used_ = 0;
  bool begun_ = false;
};

}  // namespace mtaio::testing::interleave
