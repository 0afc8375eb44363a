#!/usr/bin/env python3
"""Runs a program, and checks its output and how it ends.

    check_program.py --prints FILE -- PROGRAM...
        The program prints exactly the contents of FILE on standard output, and exits with 0.

    check_program.py --aborts-as-told-in SOURCE -- PROGRAM...
        The program is ended by abort(), and standard error matches the regular expression in the first line of its
        SOURCE: `// expect: REGEX`.

    check_program.py --refused-as-told-in SOURCE COMPILER ARGUMENT...
        The compiler fails on SOURCE, and standard error matches the regular expression in the first line of SOURCE.
        The second line may have further arguments: `// flags: -m32`.

PROGRAM... is the program, after the emulator (qemu-aarch64) if it needs one.
"""

import argparse
import difflib
import pathlib
import re
import resource
import signal
import subprocess
import sys


def describe_end(returncode):
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"exited with {returncode}"


def expected_message(source):
    """The regular expression in the first line of `source`."""
    first_line = source.read_text(encoding="utf-8").partition("\n")[0]
    match = re.fullmatch(r"// expect: (.+)", first_line)
    if match is None:
        sys.exit(f"{source}:1: this line should be '// expect: ' and a regular expression, not: {first_line}")
    return match[1]


def further_arguments(source):
    """The arguments in the second line of `source`."""
    second_line = source.read_text(encoding="utf-8").splitlines()[1]
    match = re.fullmatch(r"// flags: (.+)", second_line)
    return match[1].split() if match else []


def check_prints(result, expected):
    """The complaints about a program that should have printed `expected` and succeeded."""
    if result.stdout != expected:
        yield from difflib.unified_diff(
            expected.splitlines(), result.stdout.splitlines(), "expected", "printed", lineterm="")
    if result.returncode != 0:
        yield f"The program {describe_end(result.returncode)}; it should exit with 0."


def check_aborts(result, pattern):
    """The complaints about a program that should have aborted with a message that matches `pattern`."""
    if result.returncode != -signal.SIGABRT:
        yield f"The program {describe_end(result.returncode)}; it should be ended by SIGABRT."
    if not re.search(pattern, result.stderr, re.MULTILINE):
        yield f"Standard error does not match: {pattern}"


def check_refused(result, pattern):
    """The complaints about a compiler that should have refused a file with a message that matches `pattern`."""
    if result.returncode != 1:
        yield f"The compiler {describe_end(result.returncode)}; it should exit with 1."
    if not re.search(pattern, result.stderr, re.MULTILINE):
        yield f"Standard error does not match: {pattern}"


def main():
    parser = argparse.ArgumentParser()
    expectation = parser.add_mutually_exclusive_group(required=True)
    expectation.add_argument("--prints", type=pathlib.Path, metavar="FILE")
    expectation.add_argument("--aborts-as-told-in", type=pathlib.Path, metavar="SOURCE")
    expectation.add_argument("--refused-as-told-in", type=pathlib.Path, metavar="SOURCE")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    command = list(arguments.program)
    if command[:1] == ["--"]:
        del command[0]
    if arguments.refused_as_told_in is not None:
        command += [*further_arguments(arguments.refused_as_told_in), str(arguments.refused_as_told_in)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                            errors="backslashreplace")
    if arguments.prints is not None:
        complaints = list(check_prints(result, arguments.prints.read_text(encoding="utf-8")))
    elif arguments.refused_as_told_in is not None:
        complaints = list(check_refused(result, expected_message(arguments.refused_as_told_in)))
    else:
        complaints = list(check_aborts(result, expected_message(arguments.aborts_as_told_in)))

    for complaint in complaints:
        print(complaint)
    if complaints:
        print(f"--- standard error of {arguments.program[-1]}:\n{result.stderr}", end="")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
