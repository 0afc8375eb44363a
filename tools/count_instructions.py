#!/usr/bin/env python3
"""Counts the instructions of the hot paths (bench/guard/hot_paths.cpp) with valgrind's callgrind, which repeats exactly.

    count_instructions.py PROGRAM                   prints what an item of each path costs
    count_instructions.py PROGRAM --check FILE      fails where that has changed from what FILE says
    count_instructions.py PROGRAM --update FILE     writes FILE anew
    count_instructions.py PROGRAM --profile PATH    says in which functions an item of PATH spends them
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

# Library functions differ a little between machines (memcpy and the like), and so may the layout of memory.
TOLERANCE = 0.03


def dumps(program, folder):
    """Runs `program`; the number of items, and {mark: file} of what callgrind has written."""
    out = pathlib.Path(folder) / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="backslashreplace")
    items = re.fullmatch(r"items (\d+)\n", run.stdout)
    if run.returncode != 0 or items is None:
        sys.exit(f"{' '.join(command)} failed with {run.returncode}:\n{run.stderr}")
    files = {}
    for file in pathlib.Path(folder).glob("callgrind.out.*"):
        mark = re.search(r"^desc: Trigger: Client Request: (.+)$", file.read_text(), re.MULTILINE)
        if mark:
            files[mark[1]] = file
    return int(items[1]), files


def total(file):
    return int(re.search(r"^(?:totals|summary): (\d+)$", file.read_text(), re.MULTILINE)[1])


def by_function(file):
    """{function: instructions in it}."""
    names, counts, function, called = {}, {}, None, False
    for line in file.read_text().splitlines():
        if match := re.match(r"fn=\((\d+)\)(?: (.+))?$", line):
            if match[2]:
                names[match[1]] = match[2]
            function = match[1]
        elif match := re.match(r"cfn=\((\d+)\) (.+)$", line):
            names[match[1]] = match[2]
        elif line.startswith("calls="):
            called = True  # the next line is what was spent in the function called
        elif match := re.match(r"[+*\-\d]\S* (\d+)$", line):
            if not called and function is not None:
                counts[function] = counts.get(function, 0) + int(match[1])
            called = False
    by_name = {}
    for number, count in counts.items():  # two functions may have one name
        by_name[names[number]] = by_name.get(names[number], 0) + count
    return by_name


def counts(items, files):
    """{path: instructions of one item}, in the order of the program."""
    paths = [mark.removesuffix(" few") for mark in files if mark.endswith(" few")]
    paths.sort(key=lambda path: files[f"{path} few"].suffix[1:].zfill(6))
    return {path: round((total(files[f"{path} many"]) - total(files[f"{path} few"])) / items) for path in paths}


def short(name):
    """`name` without the arguments of functions and templates."""
    previous = None
    while name != previous:
        previous, name = name, re.sub(r"<[^<>]*>|\((?!anonymous)[^()]*\)(?: const)?", "", name)
    return name


def profile(path, items, files):
    if f"{path} few" not in files:
        sys.exit(f"There is no path '{path}', only: {', '.join(counts(items, files))}")
    few, many = by_function(files[f"{path} few"]), by_function(files[f"{path} many"])
    spent = {name: (count - few.get(name, 0)) / items for name, count in many.items()}
    print(f"{sum(spent.values()):8.1f}  {path}")
    for name, count in sorted(spent.items(), key=lambda entry: -entry[1]):
        if count >= 0.5:
            print(f"{count:8.1f}  {short(name)}")


def expected(file):
    return {path: int(count) for path, count in (line.split() for line in file.read_text().splitlines())}


def check(found, file):
    """The complaints about what was found."""
    before = expected(file)
    for path in before.keys() - found.keys():
        yield f"{path}: no longer counted"
    for path, count in found.items():
        if path not in before:
            yield f"{path}: {count}, not in the file yet"
        elif abs(count - before[path]) > TOLERANCE * before[path]:
            better = "fewer" if count < before[path] else "MORE"
            yield f"{path}: {before[path]} before, {count} now, {abs(count / before[path] - 1):.0%} {better}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", type=pathlib.Path, metavar="FILE")
    action.add_argument("--update", type=pathlib.Path, metavar="FILE")
    action.add_argument("--profile", metavar="PATH")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        items, files = dumps(arguments.program, folder)
        found = counts(items, files)
        if arguments.profile:
            profile(arguments.profile, items, files)
            return 0
    table = "".join(f"{path:32} {count:6}\n" for path, count in found.items())
    print(table, end="")
    if arguments.update:
        arguments.update.write_text(table)
    if arguments.check:
        complaints = list(check(found, arguments.check))
        for complaint in complaints:
            print(complaint)
        if complaints:
            print(f"Instructions have changed. If that is meant to be: {sys.argv[0]} {arguments.program} "
                  f"--update {arguments.check}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
