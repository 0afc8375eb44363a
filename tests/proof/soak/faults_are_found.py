#!/usr/bin/env python3
"""Plants each fault that `soak` can have in turn, and sees that it is found.

    faults_are_found.py [--no-memory] -- SOAK...

SOAK... is the program, with what runs it before it (qemu-aarch64) if it needs that.

--no-memory leaves out the growing heap, where the sanitizers keep what is freed.
"""

import argparse
import re
import resource
import subprocess
import sys

FOUND = {
    "lost": r"item \d+ was lost; in the round with --seed \d+",
    "doubled": r"item \d+ came out twice",
    "item": r"1 items are left, at first 0",
    "task": r"something was left running",
    "failure": r"a task failed: planted",
    "thread": r"\d+ threads, at first \d+",
    "file": r"\d+ open files, at first \d+",
    "memory": r"allocated: grows",
    "late": r"something was ready for \d{7} ms",
    "hang": r"this hangs: the round with --seed \d+",
}


def known_faults(soak):
    usage = subprocess.run([*soak, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  (\w+) ", usage, re.MULTILINE)


# A machine that is busy, or code that is instrumented, gets through few rounds in the first.
SECONDS = (4, 20)


def complaint_about(soak, fault, seconds):
    """None if `soak` finds the fault; otherwise what it does instead."""
    command = [*soak, "--plant", fault, "--seconds", str(seconds), "--patience", "20" if fault != "hang" else "2"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    if result.returncode != 0 and re.search(FOUND[fault], result.stderr):
        return None
    return f"{' '.join(command)}: ends with {result.returncode}, and says:\n{result.stderr}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("soak", nargs="+")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    faults = known_faults(arguments.soak)
    if sorted(faults) != sorted(FOUND):
        sys.exit(f"There are the faults {faults}, but here they are {list(FOUND)}.")
    if arguments.no_memory:
        faults.remove("memory")
    complaints = []
    for fault in faults:
        for seconds in SECONDS:
            complaint = complaint_about(arguments.soak, fault, seconds)
            if not complaint:
                break
        else:
            complaints.append(complaint)
    print("\n".join(complaints) if complaints else f"Found: {', '.join(faults)}.")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
