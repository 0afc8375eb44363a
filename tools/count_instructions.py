#!/usr/bin/env python3
"""Counts the instructions of the hot paths (bench/guard/hot_paths.cpp) with valgrind's callgrind, whose counts repeat
exactly; and among them the instructions that lock the bus, each of which takes as long as about twenty others.

    count_instructions.py PROGRAM                   prints the cost of one item of each path
    count_instructions.py PROGRAM --check FILE      fails if a cost differs from the one in FILE
    count_instructions.py PROGRAM --update FILE     writes the costs to FILE
    count_instructions.py PROGRAM --profile PATH    prints the cost of one item of PATH by function
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

# Library functions such as memcpy differ a little between machines, and so may the layout of memory.
TOLERANCE = 0.03
HEADING = "instructions  locked"


def dumps(program, folder):
    """Runs `program`. Returns the number of items, and {mark: file} for the files that callgrind wrote."""
    out = pathlib.Path(folder) / "callgrind.out"
    # A bus event is an instruction that locks the bus: an atomic exchange or addition, or a full fence.
    command = ["valgrind", "--tool=callgrind", "--collect-bus=yes", f"--callgrind-out-file={out}", program]
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


def costs(words):
    """(all instructions, locked instructions), from the numbers at the end of a line of callgrind's."""
    numbers = [int(word) for word in words] + [0, 0]  # callgrind leaves out zeros
    return numbers[0], numbers[1]


def total(file):
    return costs(re.search(r"^(?:totals|summary): (.+)$", file.read_text(), re.MULTILINE)[1].split())


def by_function(file):
    """{function: its costs, without the costs of the functions that it calls}"""
    names, found, function, called = {}, {}, None, False
    for line in file.read_text().splitlines():
        if match := re.match(r"(c?)fn=\((\d+)\)(?: (.+))?$", line):
            if match[3]:
                names[match[2]] = match[3]
            if not match[1]:
                function = match[2]
        elif line.startswith("calls="):
            called = True  # the next line has the costs of the called function
        elif re.match(r"[+*\-\d]", line):
            if not called:
                spent = costs(line.split()[1:])
                sum_so_far = found.get(function, (0, 0))
                found[function] = (sum_so_far[0] + spent[0], sum_so_far[1] + spent[1])
            called = False
    by_name = {}
    for number, spent in found.items():  # two functions may have one name
        sum_so_far = by_name.get(names[number], (0, 0))
        by_name[names[number]] = (sum_so_far[0] + spent[0], sum_so_far[1] + spent[1])
    return by_name


def of_one_item(few, many, items):
    # Rounded as it is printed. Adding zero turns -0.0 into 0.0.
    return round((many[0] - few[0]) / items, 1) + 0.0, round((many[1] - few[1]) / items, 1) + 0.0


def counts(items, files):
    """{path: costs of one item}, in the order of the program."""
    paths = [mark.removesuffix(" few") for mark in files if mark.endswith(" few")]
    paths.sort(key=lambda path: int(files[f"{path} few"].suffix[1:]))
    return {path: of_one_item(total(files[f"{path} few"]), total(files[f"{path} many"]), items) for path in paths}


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
    spent = {name: of_one_item(few.get(name, (0, 0)), cost, items) for name, cost in many.items()}
    whole = of_one_item(total(files[f"{path} few"]), total(files[f"{path} many"]), items)
    print(f"{HEADING}\n{whole[0]:12.1f} {whole[1]:7.1f}  {path}")
    for name, (all_instructions, locked) in sorted(spent.items(), key=lambda entry: -entry[1][0]):
        if all_instructions >= 0.5:
            print(f"{all_instructions:12.1f} {locked:7.1f}  {short(name)}")


def table(found):
    lines = (f"{instructions:12.1f} {locked:7.1f}  {path}\n" for path, (instructions, locked) in found.items())
    return HEADING + "\n" + "".join(lines)


def expected(file):
    """{path: costs of one item} of a file written by --update."""
    lines = [line.split() for line in file.read_text().splitlines()[1:]]
    return {path: (float(instructions), float(locked)) for instructions, locked, path in lines}


def check(found, file):
    """The differences between `found` and the costs in `file`."""
    recorded = expected(file)
    for path in recorded.keys() - found.keys():
        yield f"{path}: no longer counted"
    for path, now in found.items():
        if path not in recorded:
            yield f"{path}: not in {file} yet"
            continue
        for what, old, new in zip(("instructions", "locked instructions"), recorded[path], now):
            if abs(new - old) > TOLERANCE * old + 0.1:  # rounding loses up to a tenth
                yield f"{path}: {new:.1f} {what}, {'FEWER' if new < old else 'MORE'} than {old:.1f}"


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
    print(table(found), end="")
    if arguments.update:
        arguments.update.write_text(table(found))
    if arguments.check:
        complaints = list(check(found, arguments.check))
        for complaint in complaints:
            print(complaint)
        if complaints:
            print(f"Instructions have changed. If this is intended: {sys.argv[0]} {arguments.program} "
                  f"--update {arguments.check}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
