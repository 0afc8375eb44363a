#!/usr/bin/env python3
"""Compiles each public header as the only one that a file includes, so that it has to include what it needs.

CMake writes these files (VERIFY_INTERFACE_HEADER_SETS), and would spend most of the time on the standard library. So the
system headers that many headers begin with are compiled once. A header gets only such as it includes itself, or another
header that it includes: that changes nothing for its code, which comes after its includes.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

import tidy

INCLUDE = re.compile(r'#include (?:"([^"]+)"|<([^>]+)>)')
NO_CODE = re.compile(r"\s*(//.*)?|#pragma once")

# More of them do not save more than they cost.
MOST_SHARED = 4


def includes_at_the_top(file):
    """The pairs (quoted name, name in brackets), one of them empty, that `file` includes before anything else."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if include := INCLUDE.match(line):
            yield include[1], include[2]
        elif not NO_CODE.fullmatch(line):
            return


def system_headers(file, folders):
    """The headers that `file` certainly includes before its code and that are neither beside it nor in `folders`."""
    found, seen, left = set(), set(), [file]
    while left:
        file = left.pop()
        if file in seen:
            continue
        seen.add(file)
        for quoted, angled in includes_at_the_top(file):
            places = (folder / (quoted or angled) for folder in (file.parent, *folders))
            ours = next((place for place in places if place.is_file()), None)
            if ours:
                left.append(ours)
            elif angled:
                found.add(angled)
    return frozenset(found)


def largest(sets, limit):
    """The largest of `sets` that has nothing that `limit` does not have."""
    return max((each for each in sets if each <= limit), key=len, default=frozenset())


def worth_sharing(needed):
    """A few sets of headers, of which `needed`, a list of sets, have most."""
    counts = collections.Counter(needed)
    candidates = sorted({one & other for one in counts for other in counts}, key=sorted)
    shared = []

    def saved(sets):
        return sum(count * len(largest(sets, need)) for need, count in counts.items())

    while len(shared) < MOST_SHARED:
        best = max(candidates, key=lambda each: saved([*shared, each]) - len(each), default=frozenset())
        # To compile it takes as long as to leave it out for one header.
        if saved([*shared, best]) - saved(shared) <= 2 * len(best):
            break
        shared.append(best)
    return shared


class Group:
    """Files that are compiled with the same options."""

    def __init__(self, build, number, command, files):
        self.build = build
        self.command = command
        folders = [pathlib.Path(word[2:]) for word in command if word.startswith("-I")]
        self.needed = {file: system_headers(file, folders) for file in files}
        self.compiled = {}
        for headers in worth_sharing(list(self.needed.values())):
            self.compiled[headers] = build / "shared_headers" / f"{number}_{len(self.compiled)}.pch"

    def compile_shared(self, headers):
        """A failure shows when the result is used."""
        source = self.compiled[headers].with_suffix(".hpp")
        source.parent.mkdir(exist_ok=True)
        source.write_text("".join(f"#include <{header}>\n" for header in sorted(headers)), encoding="utf-8")
        subprocess.run([*self.command, "-w", "-x", "c++-header", source, "-o", self.compiled[headers]], cwd=self.build,
                       capture_output=True, check=False)

    def check(self, file):
        """What the compiler says of `file`, and whether it compiles."""
        headers = largest(self.compiled, self.needed[file])
        shared = ["-include-pch", self.compiled[headers]] if headers else []
        result = subprocess.run([*self.command, *shared, "-fsyntax-only", file], cwd=self.build, capture_output=True,
                                encoding="utf-8", check=False)
        return result.stderr, result.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a configured build folder, which has the compile commands")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    arguments = parser.parse_args()

    build = arguments.build.resolve()
    alike = collections.defaultdict(list)
    for file, command in tidy.compile_commands(build).items():
        if "_verify_interface_header_sets" in str(file):
            alike[tuple(command)].append(file)
    if not alike:
        sys.exit(f"{build}: CMake has written no files that include one header")
    groups = [Group(build, number, command, files) for number, (command, files) in enumerate(alike.items())]
    good = True
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for compiling in [pool.submit(group.compile_shared, headers) for group in groups for headers in group.compiled]:
            compiling.result()
        for checking in [pool.submit(group.check, file) for group in groups for file in group.needed]:
            output, compiles = checking.result()
            print(output, end="", flush=True)
            good = good and compiles
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
