#!/usr/bin/env python3
"""Prints how much of include/ and src/ the tests execute.

    coverage.py BUILD --json FILE [--lines PERCENT] [--branches PERCENT]

BUILD is configured with the preset `coverage`, and its tests have left their counts in BUILD/profiles. Prints, for each
file, how many of its lines and branches were executed, and which were not. Writes the same as JSON. Fails if fewer than
PERCENT of all were executed.

A line counts if a function of the library has code on it. A branch is one outcome of a condition. All instantiations of
a template count as one: a line was executed if one instantiation has executed it.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("include", "src")

# The fields of a segment and of a branch, as `llvm-cov export` writes them.
LINE, _, COUNT, HAS_COUNT, IS_ENTRY, IS_GAP = range(6)
BRANCH_TRUE, BRANCH_FALSE = 4, 5


def programs_of(build):
    """Every program in `build` that was compiled for coverage."""
    for path in sorted(build.rglob("*")):
        if not path.is_file() or path.is_symlink() or not os.access(path, os.X_OK):
            continue
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        sections = subprocess.run(["llvm-readelf-19", "-S", path], capture_output=True, text=True, check=True).stdout
        if "__llvm_covmap" in sections:
            yield path


def export(build, sources):
    """What llvm-cov reports about the sources, read from its JSON."""
    profiles = sorted((build / "profiles").glob("*.profraw"))
    if not profiles:
        sys.exit(f"There are no counts in {build / 'profiles'}: run the tests first, as ./dev coverage does.")
    merged = build / "tests.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "-o", merged, *profiles], check=True)
    first, *others = programs_of(build)
    command = ["llvm-cov-19", "export", "-format=text", "-skip-functions", f"-instr-profile={merged}", first]
    for other in others:
        command += ["-object", other]
    result = subprocess.run([*command, *sources], stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)["data"][0]["files"]


def lines_of(segments):
    """{line: whether it was executed}, computed from the segments in the way llvm-cov does."""
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment[LINE]].append(segment)
    lines = {}
    open_segment = None  # the segment that is open where a line begins
    for line in range(segments[0][LINE], segments[-1][LINE] + 1):
        here = by_line[line]
        counts = [s[COUNT] for s in here if s[HAS_COUNT] and s[IS_ENTRY] and not s[IS_GAP]]
        skipped = bool(here) and here[0][IS_ENTRY] and not here[0][HAS_COUNT]
        if open_segment and open_segment[HAS_COUNT] and not (skipped and not counts):
            counts.append(open_segment[COUNT])
        if counts:
            lines[line] = max(counts) > 0
        open_segment = here[-1] if here else open_segment
    return lines


def branches_of(branches):
    """{(line, column, outcome): whether at least one instantiation took this branch}"""
    ways = {}
    for branch in branches:
        for way, field in (("true", BRANCH_TRUE), ("false", BRANCH_FALSE)):
            key = (branch[0], branch[1], way)
            ways[key] = ways.get(key, False) or branch[field] > 0
    return ways


class Count:
    def __init__(self, parts):
        self.total = len(parts)
        self.covered = sum(parts.values())

    @property
    def percent(self):
        return 100 * self.covered / self.total if self.total else 100.0

    def as_json(self):
        return {"covered": self.covered, "total": self.total, "percent": round(self.percent, 2)}

    def __str__(self):
        return f"{self.covered:5} of {self.total:5} {self.percent:6.2f} %"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path, required=True, metavar="FILE")
    parser.add_argument("--lines", type=float, default=0, metavar="PERCENT")
    parser.add_argument("--branches", type=float, default=0, metavar="PERCENT")
    arguments = parser.parse_args()

    all_lines, all_branches, files = {}, {}, {}
    for file in export(arguments.build, [ROOT / folder for folder in FOLDERS]):
        name = str(pathlib.Path(file["filename"]).relative_to(ROOT))
        lines, branches = lines_of(file["segments"]), branches_of(file["branches"])
        all_lines |= {(name, line): done for line, done in lines.items()}
        all_branches |= {(name, *way): done for way, done in branches.items()}
        missed_lines = sorted(line for line, done in lines.items() if not done)
        missed_branches = sorted(way for way, done in branches.items() if not done)
        files[name] = {
            "lines": Count(lines).as_json(),
            "branches": Count(branches).as_json(),
            "lines_missed": missed_lines,
            "branches_missed": [f"{line}:{column} {way}" for line, column, way in missed_branches],
        }
        print(f"{Count(lines)}  {Count(branches)}  {name}")
        for line in missed_lines:
            print(f"      line {line}")
        for line, column, way in missed_branches:
            if line not in missed_lines:
                print(f"      line {line}, column {column}: never {way}")

    lines, branches = Count(all_lines), Count(all_branches)
    print(f"\nlines    {lines}\nbranches {branches}")
    summary = {"lines": lines.as_json(), "branches": branches.as_json(), "files": files}
    arguments.json.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return 0 if lines.percent >= arguments.lines and branches.percent >= arguments.branches else 1


if __name__ == "__main__":
    sys.exit(main())
