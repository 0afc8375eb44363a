#!/usr/bin/env python3
"""Runs a program on a few cores with the yield injector preloaded.

    disturbed.py --injector LIBRARY [--seed N] [--cores N] PROGRAM [ARGUMENT...]

The program takes the place of this one, so it ends as it ends. See yield_injector.cpp.
"""

import argparse
import os


def environment_with(injector, seed):
    return os.environ | {"LD_PRELOAD": injector, "YIELD_SEED": str(seed)}


def stay_on(cores):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--injector", required=True, metavar="LIBRARY")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("program", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    stay_on(arguments.cores)
    os.execve(arguments.program[0], arguments.program, environment_with(arguments.injector, arguments.seed))


if __name__ == "__main__":
    main()
