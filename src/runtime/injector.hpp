/// The queue through which work comes in from outside.
#pragma once

#include "runtime/job_list.hpp"

namespace mtaio::runtime {

/// Where threads that are not workers of the runtime leave jobs. Each worker looks here once in a
/// while, and puts the jobs that it takes behind all its other ready jobs.
class Injector : public JobList {};

}  // namespace mtaio::runtime
