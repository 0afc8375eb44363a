#!/usr/bin/env python3
"""Runs a program with a race, built with ThreadSanitizer, many times on one core: as it is, and with the yield injector.

    race_is_found.py --injector LIBRARY PROGRAM

Fails unless the race is reported in most runs with the injector. How often it is reported without is only told.
"""

import argparse
import subprocess
import sys

from disturbed import environment_with, stay_on

RUNS = 20
ENOUGH = 14


def reports_race(program, environment):
    result = subprocess.run([program], env=environment, capture_output=True, text=True, timeout=60, check=False)
    if "ThreadSanitizer: data race" in result.stderr:
        return True
    if result.returncode != 0:
        sys.exit(f"{program} ended with {result.returncode}, but not because of the race:\n{result.stderr}")
    return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--injector", required=True, metavar="LIBRARY")
    parser.add_argument("program")
    arguments = parser.parse_args()
    stay_on(1)
    without = sum(reports_race(arguments.program, None) for _ in range(RUNS))
    found = sum(
        reports_race(arguments.program, environment_with(arguments.injector, seed)) for seed in range(1, RUNS + 1))
    print(f"The race was reported in {found} of {RUNS} runs with the injector, in {without} of {RUNS} without.")
    return 0 if found >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
