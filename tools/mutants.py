#!/usr/bin/env python3
"""Tests the tests: plants faults in the code of queues, waits, timers, stop scopes, fan-outs, threads and of the runtime,
and counts how many faults the tests notice.

    mutants.py [--untried | --survivors] [--sample N] [--seed S] [--jobs N] [--tests PATTERN] [--list]
               [WHERE...]

Runs all mutants of WHERE, each a file, a folder or a layer (default: FILES below), or N of them, drawn with the seed S.
--untried runs only mutants that no earlier run has tried, and so continues a run that was interrupted; --survivors runs
only mutants that no earlier run has noticed. With --tests only the tests that are named like PATTERN are built and run.

The sources are copied to build/mutants/tree, rewritten so that they contain every mutant (tools/mutation/), and
compiled once. One run without a fault shows which tests reach which mutants, and how long each test takes. Then each
mutant is run by the tests that reach it, until one fails, crashes or hangs: first the test that has noticed the mutant
in an earlier run, then the quick ones. What happens between threads is the matter of the models in tests/interleave/,
which run in the checker of interleavings (docs/design/interleave.md): each of their test cases is a test of its own.

The results are in build/mutants/results.json. A mutant that survives must be listed in tests/model/survivors.toml, with
the reason. The run fails if a survivor is not listed, or if a listed mutant does not exist or is noticed, unless its
reason says that noticing it is a matter of chance.
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
import tempfile
import time
import tomllib

from layering import Project
from mutation.places import Places
from weaken import test_cases

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "build" / "mutants"
TREE = OUTPUT / "tree"
BUILD = OUTPUT / "build"
RESULTS = OUTPUT / "results.json"
SURVIVORS = ROOT / "tests" / "model" / "survivors.toml"
COMPILER = "clang++-19"

# The layers whose files are mutated, and the files of other layers that they use.
LAYERS = ("queue", "sync", "time", "cancel", "fan_out", "timeout", "threads", "runtime", "platform", "lockfree")
FILES_OF_OTHERS = ("include/mtaio/limit.hpp", "include/mtaio/timeout.hpp", "include/mtaio/lowlevel/intrusive_list.hpp",
                   "include/mtaio/base/pairing_heap.hpp", "include/mtaio/coro/idle_counts.hpp",
                   "include/mtaio/coro/local_queues.hpp")


def layers_of_files(root):
    """{file: the layer that it belongs to}, of all files that are mutated."""
    project = Project(root)
    layers = {file: project.layer_of(file) for file in project.files}
    return {file: layer for file, layer in layers.items() if layer in LAYERS or file in FILES_OF_OTHERS}


FILES = layers_of_files(ROOT)

# Mutants that would reach other processes: where 0 means the calling thread, 1 is the first process of the machine.
HARMFUL = re.compile(r".*sched_setaffinity\(0.* \| 0 -> 0 \+ 1( \(\d+\))?")

# Few seeds first: they notice most mutants.
MODEL_SEEDS = (2_000, 100_000)
# And few interleavings: a part of those that the models of threads look at, then all.
MODEL_SCALES = (0.05, 1)
# Tests that are not run: they do not test mutated code, or take long. The models are run by name instead.
NOT_RUN = re.compile(r"canary|model|interleave|instructions|histories|soak|(examples|soak|refused)/.*")
# Test cases that take more seconds than this run after all others.
SLOW_CASE = 0.3
# Test cases that take more seconds than this do not run.
TOO_SLOW_CASE = 4
# A program is quick if it takes fewer seconds than this.
QUICK = 1
# A test hangs if it takes PATIENCE times as long as without a fault, and at least LEAST_PATIENCE seconds.
PATIENCE = 8
LEAST_PATIENCE = 12
# A test that fails after more seconds than this runs again, with more patience: the machine may have been busy. A test
# that no clock decides does so only if it hangs.
SLOW = 3
MORE_PATIENCE = 5
# The limit for a test case, and for one in which no clock decides.
TEST_CASE_SECONDS = 10
NO_LIMIT = 1_000_000
# The reason begins with this if tests with several threads notice the mutant in some runs only.
BY_CHANCE = "Several threads"
# How much memory a program may reserve; the checker of interleavings reserves more than it uses.
MEMORY = 4 << 30
MEMORY_OF_CHECKER = 16 << 30
CASE_SECONDS = "MTAIO_TEST_CASE_SECONDS"


@dataclasses.dataclass
class Program:
    """A test program. `seconds` and `reached` are from the run without a fault."""
    name: str
    command: list
    folder: pathlib.Path
    environment: dict = dataclasses.field(default_factory=dict)
    clock_decides: bool = True  # whether it may fail because it takes long
    memory: int = MEMORY
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


def build(jobs, wanted):
    # A mutant may run off the end of a function. The compiler must not assume that this never happens.
    flags = ["-O1", "-w", "-Wno-c++11-narrowing", "-fno-strict-return", f"-include {ROOT}/tools/mutation/chosen.hpp"]
    # The models of threads are built in this configuration only. Without NDEBUG, assertions stay.
    subprocess.run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "--log-level=WARNING",
                    f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_BUILD_TYPE=Release",
                    f"-DCMAKE_CXX_FLAGS_RELEASE={' '.join(flags)}", "-DMTAIO_HARDENING=OFF", "-DMTAIO_UNITY_BUILD=ON",
                    "-DMTAIO_BUILD_EXAMPLES=OFF", "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"], check=True)
    targets = [test["name"].replace("/", "_") if "/" in test["name"] else f"test_{test['name']}"
               for test in find_tests(wanted)]
    targets += ["model"] * wanted("model") + ["test_interleave"] * wanted("interleave")
    subprocess.run(["cmake", "--build", BUILD, "-j", str(jobs), "--target", *targets], check=True)


# --- The programs ---

def find_tests(wanted):
    shown = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], check=True, capture_output=True)
    return [test for test in json.loads(shown.stdout)["tests"]
            if not NOT_RUN.fullmatch(test["name"]) and wanted(test["name"])]


def pattern(case):
    """The filter for a test case of doctest: there a comma separates names, and a question mark matches any letter."""
    return re.sub(r"[,\\]", "?", case)


def in_parts(name, printed):
    """Splits a doctest program in two by the durations it has printed; the second part has the slow test cases, without
    those that take too long. A list of (the name of the part, the option that selects its test cases). Without slow
    cases there is one part."""
    durations = re.findall(r"^([\d.]+) s: (.+)$", printed, re.MULTILINE)
    cases = [(float(seconds), pattern(case)) for seconds, case in durations]
    not_quick = ",".join(case for seconds, case in cases if seconds > SLOW_CASE)
    slow = ",".join(case for seconds, case in cases if SLOW_CASE < seconds <= TOO_SLOW_CASE)
    if not not_quick:
        return [(name, [])]
    parts = [(name, [f"--test-case-exclude={not_quick}"]), (f"{name}, slow ones", [f"--test-case={slow}"])]
    return parts if slow else parts[:1]


def models_of_threads(program):
    """Each test case of the models of threads, with few interleavings and with all."""
    names = test_cases(program)
    for scale in MODEL_SCALES:
        for name in names:
            yield Program(f"{name}, scale {scale}", [program, f"--test-case={pattern(name)}", "--abort-after=1"], BUILD,
                          {"MTAIO_INTERLEAVE_SCALE": str(scale), CASE_SECONDS: str(NO_LIMIT)}, clock_decides=False,
                          memory=MEMORY_OF_CHECKER)


def random_programs(model):
    """Each program that is compared with a model, with few seeds and with many."""
    usage = subprocess.run([model, "--help"], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^  (\w+) ", usage.partition("Programs:")[2], re.MULTILINE)
    for seeds in MODEL_SEEDS:
        for name in names:
            yield Program(f"model {name}, {seeds} seeds",
                          [model, "--program", name, "--seeds", str(seeds), "--patience", "4"], BUILD)


def find_programs(wanted):
    if wanted("interleave"):
        yield from models_of_threads(str(BUILD / "tests" / "interleave" / "test_interleave"))
    if wanted("model"):
        yield from random_programs(str(BUILD / "tests" / "model"))
    for test in find_tests(wanted):
        environment = {CASE_SECONDS: str(TEST_CASE_SECONDS)}
        if "/" in test["name"]:
            yield Program(test["name"], test["command"], BUILD, environment)
            continue
        printed = subprocess.run([*test["command"], "--duration=true"], cwd=BUILD, check=True, capture_output=True,
                                 text=True).stdout
        for name, choice in in_parts(test["name"], printed):
            yield Program(name, [*test["command"], "--abort-after=1", *choice], BUILD, environment)


def limit_process(memory):
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def run(program, variables, seconds):
    """Runs the program and returns how it ends: "passes", "fails" or "hangs"."""
    process = subprocess.Popen(program.command, cwd=program.folder, env=os.environ | program.environment | variables,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True, preexec_fn=lambda: limit_process(program.memory))
    try:
        return "fails" if process.wait(seconds) != 0 else "passes"
    except subprocess.TimeoutExpired:
        return "hangs"
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)  # with the processes that it has started
        except ProcessLookupError:
            pass
        process.wait()


def run_one_unharmed(program):
    with tempfile.TemporaryDirectory() as folder:
        reached = pathlib.Path(folder) / "reached"
        start = time.monotonic()
        ended = run(program, {"MTAIO_MUTANTS_REACHED": str(reached), CASE_SECONDS: str(NO_LIMIT)}, 300)
        program.seconds = time.monotonic() - start
        if ended != "passes":
            sys.exit(f"{program.name} {ended} without any fault: {' '.join(program.command)}")
        program.reached = reached.read_bytes() if reached.exists() else bytes(1 << 16)


def run_unharmed(programs, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run_one_unharmed, programs))
    programs.sort(key=rank)


def rank(program):
    """Quick programs come first; among them those in which no clock decides, because they tell sooner that they hang."""
    return (program.seconds > QUICK, program.clock_decides, program.seconds)


# --- The mutants ---

def verdict(number, programs, first="", run_one=run):
    """How mutant `number` ends, and the name of the program that notices it. It "fails", "hangs" or "survives"; it is
    "unreached" if no test reaches it. The program called `first` is tried first."""
    reaching = [program for program in programs if program.reaches(number)]
    for program in sorted(reaching, key=lambda program: program.name != first):
        seconds = max(LEAST_PATIENCE, PATIENCE * program.seconds)
        start = time.monotonic()
        ended = run_one(program, {"MTAIO_MUTANT": str(number)}, seconds)
        doubtful = ended == "hangs" or ended == "fails" and program.clock_decides
        if doubtful and time.monotonic() - start > SLOW:
            limit = MORE_PATIENCE * TEST_CASE_SECONDS if program.clock_decides else NO_LIMIT
            patiently = {"MTAIO_MUTANT": str(number), CASE_SECONDS: str(limit)}
            ended = run_one(program, patiently, MORE_PATIENCE * seconds)
        if ended != "passes":
            return ended, program.name
    return ("survives" if reaching else "unreached"), ""


UNKNOWN = {"verdict": "unknown", "by": ""}
NOTICED = ("fails", "hangs")


def files_at(place):
    """The files that `place` names: a file, a folder or a layer."""
    folder = place.rstrip("/") + "/"
    return [file for file, layer in FILES.items() if place in (file, layer) or file.startswith(folder)]


def drawn(mutants, arguments, earlier):
    numbers = range(len(mutants))
    if arguments.untried:
        numbers = [i for i in numbers if mutants[i].key not in earlier]
    if arguments.survivors:
        numbers = [i for i in numbers if earlier.get(mutants[i].key, UNKNOWN)["verdict"] not in NOTICED]
    if arguments.sample is not None and arguments.sample < len(numbers):
        numbers = sorted(random.Random(arguments.seed).sample(list(numbers), arguments.sample))
    return list(numbers)


def known_survivors(path=SURVIVORS):
    """{key of a mutant that may survive: the reason}"""
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
    """The errors of this run. `results` maps keys to results; `existing` has the keys of all mutants."""
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
    """Lines with how many mutants of each file or kind were noticed; `by` is "file" or "kind"."""
    noticed, total = collections.Counter(), collections.Counter()
    for result in results.values():
        for name in (result[by], "together"):
            total[name] += 1
            noticed[name] += result["verdict"] in NOTICED
    width = max(map(len, total), default=0)
    for name in sorted(total, key=lambda name: (name == "together", name)):
        yield f"{name:{width}} {noticed[name]:5} of {total[name]:5} {100 * noticed[name] / total[name]:6.1f} %"


def test_mutants(mutants, numbers, programs, jobs, earlier):
    """Returns the results of this run. Writes them to the file as they come, together with those of earlier runs."""
    results = {}
    kept = {each.key: earlier[each.key] for each in mutants if each.key in earlier}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {}
        for number in numbers:
            first = earlier.get(mutants[number].key, UNKNOWN)["by"]
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
    parser.add_argument("places", nargs="*", metavar="WHERE", help="the mutants of these files, folders or layers")
    parser.add_argument("--sample", type=int, metavar="N", help="N of them, drawn at random")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the seed of --sample (1)")
    parser.add_argument("--untried", action="store_true", help="only mutants that no earlier run has tried")
    parser.add_argument("--survivors", action="store_true", help="only mutants that no earlier run has noticed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="how many run concurrently")
    parser.add_argument("--tests", default=".*", metavar="PATTERN",
                        help="only the tests whose name in CTest is like this; the models are `model` and `interleave`")
    parser.add_argument("--list", action="store_true", help="print the mutants, and stop")
    arguments = parser.parse_args()
    for place in arguments.places:
        if not files_at(place):
            parser.error(f"{place}: not one of these layers, nor of their files or folders: {' '.join(LAYERS)}")
    files = {file for place in arguments.places for file in files_at(place)} or set(FILES)

    def wanted(name):
        return re.fullmatch(arguments.tests, name) is not None

    os.chdir(ROOT)
    mutants, rewritten = find_all(FILES)  # always all, so that their numbers and the compiled programs stay the same
    asked = [each for each in mutants if each.file in files and not HARMFUL.fullmatch(each.key)]
    if arguments.list:
        print(*(each.key for each in asked), sep="\n")
        return 0
    earlier = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    first = {each: number for number, each in enumerate(mutants)}
    numbers = [first[asked[i]] for i in drawn(asked, arguments, earlier)]

    make_tree(rewritten)
    build(arguments.jobs, wanted)
    programs = list(find_programs(wanted))
    run_unharmed(programs, arguments.jobs)
    for program in programs:
        print(f"{program.name}: {program.seconds:.1f} s, reaches {sum(map(bool, program.reached))}")
    results = test_mutants(mutants, numbers, programs, arguments.jobs, earlier)

    print("", *table(results, "kind"), "", *table(results, "file"), "", sep="\n")
    wrong = sorted(complaints(results, known_survivors(), {each.key for each in mutants}))
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
