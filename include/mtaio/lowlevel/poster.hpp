/// Where jobs are posted.
#pragma once

namespace mtaio::lowlevel {

class Job;

/// The least that a waiter needs: a place that runs the job which resumes it.
class Poster {
 public:
  Poster() = default;
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  /// Runs `job` soon, never inside this call. What happened before `post()` is visible to the job.
  /// Any thread.
  virtual void post(Job& job) noexcept = 0;

 protected:
  ~Poster() = default;
};

}  // namespace mtaio::lowlevel
