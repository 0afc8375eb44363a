#!/usr/bin/env python3
"""Tests the tests: plants faults in the code of queues, waiting, timers, stop scopes and fan-outs, and counts how many
of them the suite notices.

    mutants.py [--untried | --survivors] [--sample N] [--seed S] [--jobs N] [--list] [FILE...]

All mutants of FILE (default: FILES below), or N of them drawn with the seed S; or only those that no earlier run has
tried, which goes on where one was interrupted, or noticed.
The sources are copied to build/mutants/tree and rewritten so that they contain every mutant (tools/mutation/), compiled
once, and run once unharmed, which tells which test reaches the places of which mutants, and how long it takes. Then
each mutant is run by the tests that reach it until one fails, crashes or hangs: first the one that has noticed it in an
earlier run, then the quick ones.

The outcome is in build/mutants/results.json. A mutant that survives has to be in tests/model/survivors.toml, with the
reason; one that does not stand there fails the run, and so does one there that does not exist or is noticed, unless
that is a matter of chance, as the reason says.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import tomllib

from layering import Project
from mutation.places import Places

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "build" / "mutants"
TREE = OUTPUT / "tree"
BUILD = OUTPUT / "build"
RESULTS = OUTPUT / "results.json"
SURVIVORS = ROOT / "tests" / "model" / "survivors.toml"
COMPILER = "clang++-19"

# The layers whose files are mutated, and the files of `base` that they use.
LAYERS = ("queue", "sync", "time", "cancel", "fan_out", "timeout", "threads")
FILES_OF_BASE = ("include/mtaio/limit.hpp", "include/mtaio/timeout.hpp", "include/mtaio/lowlevel/intrusive_list.hpp",
                 "include/mtaio/base/pairing_heap.hpp")
# A thread pool has no model: most of its mutants would take several threads that meet between two statements.
LEFT_OUT = ("include/mtaio/thread_pool.hpp", "src/threads/thread_pool.cpp", "src/threads/waits_in_pool.hpp")


def files_of(root):
    project = Project(root)
    return tuple(file for file in project.files
                 if project.layer_of(file) in LAYERS and file not in LEFT_OUT or file in FILES_OF_BASE)


FILES = files_of(ROOT)

# Fewer seeds first: what is wrong from the ground up is noticed at once.
MODEL_SEEDS = (2_000, 100_000)
# These do not test what is mutated, or do so by the models, which are run by name, or take long.
NOT_RUN = re.compile(r"canary|lockfree|platform|model|instructions|histories|soak|(examples|soak)/.*")
# A test case that takes more seconds comes after all that take less.
SLOW_CASE = 0.3
# A test that takes so many times as long as unharmed, and so many seconds at least, hangs.
PATIENCE = 8
LEAST_PATIENCE = 12
# Whatever fails after so many seconds is tried again, with more patience: the machine may have been busy with something
# else.
SLOW = 3
MORE_PATIENCE = 5
TEST_CASE_SECONDS = 10  # that a test case may take
# How the reason begins for one that tests with several threads may notice, or not.
BY_CHANCE = "Several threads"
MEMORY = 4 << 30
CASE_SECONDS = "MTAIO_TEST_CASE_SECONDS"


@dataclasses.dataclass
class Program:
    """Something that fails, or does not. `seconds` and `reached` are those of the unharmed run."""
    name: str
    command: list
    folder: pathlib.Path
    environment: dict = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    reached: bytes = b""

    def reaches(self, number):
        return self.reached[number] != 0


# --- The copy ---

def write_if_different(path, text):
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def find_all(files):
    """The mutants of `files`, numbered in their order, and the rewritten files."""
    resources = subprocess.run([COMPILER, "-print-resource-dir"], check=True, capture_output=True, text=True).stdout
    arguments = ["-std=c++20", f"-I{ROOT}/include", f"-I{ROOT}/src", "-resource-dir", resources.strip()]
    mutants, rewritten = [], {}
    for file in files:
        places = Places(file, (ROOT / file).read_text(encoding="utf-8"), arguments, first=len(mutants))
        mutants += places.mutants
        rewritten[file] = places.rewritten()
    return mutants, rewritten


def make_tree(rewritten):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.splitlines()
    wanted = {name for name in listed if (ROOT / name).is_file()}
    for path in TREE.rglob("*"):
        if path.is_file() and str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    for name in sorted(wanted):
        if name in rewritten:
            write_if_different(TREE / name, rewritten[name])
        elif not (TREE / name).exists() or (TREE / name).read_bytes() != (ROOT / name).read_bytes():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


def build(jobs):
    # A mutant may run off the end of a function; the compiler is not to conclude that it does not exist.
    flags = ["-O1", "-w", "-Wno-c++11-narrowing", "-fno-strict-return", f"-include {ROOT}/tools/mutation/chosen.hpp"]
    subprocess.run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "--log-level=WARNING",
                    f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_BUILD_TYPE=Debug",
                    f"-DCMAKE_CXX_FLAGS_DEBUG={' '.join(flags)}", "-DMTAIO_BUILD_EXAMPLES=OFF",
                    "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"], check=True)
    programs = [name.replace("/", "_") if "/" in name else f"test_{name}" for name in (t["name"] for t in find_tests())]
    subprocess.run(["cmake", "--build", BUILD, "-j", str(jobs), "--target", "model", *programs], check=True)


# --- The programs ---

def find_tests():
    shown = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], check=True, capture_output=True)
    return [test for test in json.loads(shown.stdout)["tests"] if not NOT_RUN.fullmatch(test["name"])]


def in_parts(name, printed):
    """A program written with doctest in two parts, of which the second has the test cases that take long, by how long
    they took: (the name of the part, which test cases it has). There may be one part only."""
    durations = re.findall(r"^([\d.]+) s: (.+)$", printed, re.MULTILINE)
    # In a filter, a comma separates names; a question mark stands for any letter.
    slow = ",".join(re.sub(r"[,\\]", "?", case) for seconds, case in durations if float(seconds) > SLOW_CASE)
    if not slow:
        return [(name, [])]
    return [(name, [f"--test-case-exclude={slow}"]), (f"{name}, slow ones", [f"--test-case={slow}"])]


def find_programs():
    model = str(BUILD / "tests" / "model")
    usage = subprocess.run([model, "--help"], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^  (\w+) ", usage.partition("Programs:")[2], re.MULTILINE)
    for seeds in MODEL_SEEDS:
        for name in names:
            yield Program(f"model {name}, {seeds} seeds",
                          [model, "--program", name, "--seeds", str(seeds), "--patience", "4"], BUILD)
    for test in find_tests():
        environment = {CASE_SECONDS: str(TEST_CASE_SECONDS)}
        if "/" in test["name"]:
            yield Program(test["name"], test["command"], BUILD, environment)
            continue
        printed = subprocess.run([*test["command"], "--duration=true"], cwd=BUILD, check=True, capture_output=True,
                                 text=True).stdout
        for name, choice in in_parts(test["name"], printed):
            yield Program(name, [*test["command"], "--abort-after=1", *choice], BUILD, environment)


def limit_process():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def run(program, variables, seconds):
    """How it ends: "passes", "fails" or "hangs"."""
    process = subprocess.Popen(program.command, cwd=program.folder, env=os.environ | program.environment | variables,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True, preexec_fn=limit_process)
    try:
        return "fails" if process.wait(seconds) != 0 else "passes"
    except subprocess.TimeoutExpired:
        return "hangs"
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)  # and what it has started
        except ProcessLookupError:
            pass
        process.wait()


def run_unharmed(programs):
    for program in programs:
        reached = OUTPUT / "reached"
        reached.unlink(missing_ok=True)
        start = time.monotonic()
        ended = run(program, {"MTAIO_MUTANTS_REACHED": str(reached)}, 300)
        program.seconds = time.monotonic() - start
        if ended != "passes":
            sys.exit(f"{program.name} {ended} without any fault: {' '.join(program.command)}")
        program.reached = reached.read_bytes() if reached.exists() else bytes(1 << 16)
    programs.sort(key=lambda program: program.seconds)


# --- The mutants ---

def verdict(number, programs, first="", run_one=run):
    """Who notices mutant `number`: (what, the name of the program); what is "fails", "hangs", "survives", or
    "unreached" if no test comes by. The program called `first` is tried first."""
    reaching = [program for program in programs if program.reaches(number)]
    for program in sorted(reaching, key=lambda program: program.name != first):
        seconds = max(LEAST_PATIENCE, PATIENCE * program.seconds)
        start = time.monotonic()
        ended = run_one(program, {"MTAIO_MUTANT": str(number)}, seconds)
        if ended != "passes" and time.monotonic() - start > SLOW:
            patiently = {"MTAIO_MUTANT": str(number), CASE_SECONDS: str(MORE_PATIENCE * TEST_CASE_SECONDS)}
            ended = run_one(program, patiently, MORE_PATIENCE * seconds)
        if ended != "passes":
            return ended, program.name
    return ("survives" if reaching else "unreached"), ""


UNKNOWN = {"verdict": "unknown", "by": ""}
NOTICED = ("fails", "hangs")


def drawn(mutants, arguments, before):
    numbers = range(len(mutants))
    if arguments.untried:
        numbers = [i for i in numbers if mutants[i].key not in before]
    if arguments.survivors:
        numbers = [i for i in numbers if before.get(mutants[i].key, UNKNOWN)["verdict"] not in NOTICED]
    if arguments.sample is not None and arguments.sample < len(numbers):
        numbers = sorted(random.Random(arguments.seed).sample(list(numbers), arguments.sample))
    return list(numbers)


def known_survivors(path=SURVIVORS):
    """From the key of each mutant that may survive to the reason."""
    if not path.exists():
        return {}
    known = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("survivors", []):
        for key in entry["mutants"]:
            if key in known:
                raise ValueError(f"{path}: twice: {key}")
            known[key] = " ".join(entry["why"].split())
    return known


def complaints(results, known, existing):
    """What is wrong: about `results`, from key to result, of this run; `existing`: the keys of all mutants there
    are."""
    for key, result in results.items():
        survived = result["verdict"] in ("survives", "unreached")
        if survived and key not in known:
            yield f"{result['verdict']}: {key}"
        if not survived and key in known and not known[key].startswith(BY_CHANCE):
            yield f"listed in {SURVIVORS.name}, but noticed by {result['by']}: {key}"
    files = {key.partition(" | ")[0] for key in existing}
    for key in known:
        if key.partition(" | ")[0] in files and key not in existing:
            yield f"listed in {SURVIVORS.name}, but there is no such mutant: {key}"


def table(results, by):
    """Lines: how many of each `by`, "file" or "kind", were noticed."""
    noticed, total = collections.Counter(), collections.Counter()
    for result in results.values():
        for name in (result[by], "together"):
            total[name] += 1
            noticed[name] += result["verdict"] in NOTICED
    width = max(map(len, total), default=0)
    for name in sorted(total, key=lambda name: (name == "together", name)):
        yield f"{name:{width}} {noticed[name]:5} of {total[name]:5} {100 * noticed[name] / total[name]:6.1f} %"


def test_mutants(mutants, numbers, programs, jobs, before):
    """The results of this run; all results, those of earlier runs among them, are written as they come."""
    results = {}
    kept = {each.key: before[each.key] for each in mutants if each.key in before}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {}
        for number in numbers:
            first = before.get(mutants[number].key, UNKNOWN)["by"]
            futures[pool.submit(verdict, number, programs, first)] = mutants[number]
        for future in concurrent.futures.as_completed(futures):
            mutant, (what, by) = futures[future], future.result()
            results[mutant.key] = kept[mutant.key] = {"file": mutant.file, "line": mutant.line, "kind": mutant.kind,
                                                      "verdict": what, "by": by}
            print(f"{len(results)}/{len(numbers)} {what}{' ' + by if by else ''}: {mutant.key}", flush=True)
            RESULTS.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE", help="the mutants of these files")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of them")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="with which they are drawn (1)")
    parser.add_argument("--untried", action="store_true", help="those that no earlier run has tried")
    parser.add_argument("--survivors", action="store_true", help="those that no earlier run has noticed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="how many at a time")
    parser.add_argument("--list", action="store_true", help="say which there are, and stop")
    arguments = parser.parse_args()
    for file in set(arguments.files) - set(FILES):
        parser.error(f"{file}: not one of {' '.join(FILES)}")

    os.chdir(ROOT)
    mutants, rewritten = find_all(FILES)  # always all: so the numbers, and what was compiled, stay the same
    asked = [each for each in mutants if not arguments.files or each.file in arguments.files]
    if arguments.list:
        print(*(each.key for each in asked), sep="\n")
        return 0
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    first = {each: number for number, each in enumerate(mutants)}
    numbers = [first[asked[i]] for i in drawn(asked, arguments, before)]

    make_tree(rewritten)
    build(arguments.jobs)
    programs = list(find_programs())
    run_unharmed(programs)
    for program in programs:
        print(f"{program.name}: {program.seconds:.1f} s, reaches {sum(map(bool, program.reached))}")
    results = test_mutants(mutants, numbers, programs, arguments.jobs, before)

    print("", *table(results, "kind"), "", *table(results, "file"), "", sep="\n")
    wrong = sorted(complaints(results, known_survivors(), {each.key for each in mutants}))
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
