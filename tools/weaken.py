#!/usr/bin/env python3
"""Weakens each memory order and each fence of the library in turn, and reports which model notices.

    weaken.py [--jobs N] [--program FILE] [--list] [PATTERN...]

The models are those of tests/interleave/. Nothing is compiled again: the checker of interleavings weakens an order while
the program runs (MTAIO_INTERLEAVE_WEAKEN, docs/design/interleave.md). Every order is weakened by one step: seq_cst to
acq_rel, acquire or release; acq_rel to acquire, and to release; acquire and release to relaxed; and fences in the same
way, at last to none. A membarrier is left out.

First each model runs as it is, and tells which orders it meets. Then each weakened order is tried by the models that
meet it, quick ones first, until one fails. Only orders whose line contains one of PATTERN are tried; default: all.

The results are in build/weaken/results.json. A weakened order that no model notices must be listed in
tests/interleave/unnoticed.toml with the reason. The run fails if one is not listed, if a listed one is noticed or does
not exist, or if no model meets an order of the source.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "tests" / "interleave" / "test_interleave"
RESULTS = ROOT / "build" / "weaken" / "results.json"
UNNOTICED = ROOT / "tests" / "interleave" / "unnoticed.toml"
FOLDERS = ("include/mtaio", "src")
# A statement of an atomic operation has no more lines than these.
LINES_OF_STATEMENT = 4
LONGEST_SECONDS = 600


def statement(lines):
    """The first statement of `lines`: up to the first line that ends one."""
    for number, line in enumerate(lines, start=1):
        if line.partition("//")[0].rstrip().endswith((";", "{", "}")):
            return lines[:number]
    return lines


@dataclasses.dataclass(frozen=True, order=True)
class Mutant:
    """An order that is made weaker, at a place in the source. Its name is what the checker calls it."""
    file: str
    line: int
    what: str
    order: str
    weaker: str

    @staticmethod
    def of(name):
        file, line, what, order, weaker = name.rsplit(":", 4)
        return Mutant(file, int(line or 0), what, order, weaker)

    def name(self):
        return f"{self.file}:{self.line}:{self.what}:{self.order}:{self.weaker}"

    def source(self):
        """The lines of the statement; empty if the file is not the library's."""
        for folder in FOLDERS:
            path = ROOT / folder / self.file
            if path.exists():
                lines = path.read_text(encoding="utf-8").splitlines()
                return "\n".join(statement(lines[self.line - 1:self.line - 1 + LINES_OF_STATEMENT]))
        return ""

    def key(self):
        """What tests/interleave/unnoticed.toml calls it: line numbers change too often."""
        code = self.source().partition("\n")[0].partition("//")[0].strip()
        return f"{self.file} | {code} | {self.what} {self.order} to {self.weaker}"

    def is_written(self):
        """Whether the order stands in the source. The guards of static variables have orders that do not; nor has an
        operation whose line is not known, and which is called by the line before it."""
        source = self.source()
        if self.what == "membarrier":
            return "SYS_membarrier" in source
        return f"memory_order_{self.order}" in source


@dataclasses.dataclass
class Model:
    name: str
    seconds: float
    mutants: set


def test_cases(program):
    printed = subprocess.run([program, "--list-test-cases", "--test-case=model:*", "--no-colors=true"], check=True,
                             capture_output=True, encoding="utf-8").stdout
    return [line for line in printed.splitlines() if line.startswith("model: ")]


def run(program, test_case, **environment):
    """Whether the test case passes, how long it takes, and what it says."""
    start = time.monotonic()
    try:
        done = subprocess.run([program, f"--test-case={test_case}", "--no-colors=true"], capture_output=True,
                              encoding="utf-8", errors="replace", timeout=LONGEST_SECONDS,
                              env=os.environ | environment | {"MTAIO_TEST_CASE_SECONDS": str(LONGEST_SECONDS)})
    except subprocess.TimeoutExpired:
        return False, LONGEST_SECONDS, "does not end"
    message = re.search(r" ERROR: (.*)", done.stdout)
    return done.returncode == 0, time.monotonic() - start, message[1] if message else done.stdout[-300:]


def meet(program, test_case):
    """Runs the model as it is."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as sites:
        passes, seconds, message = run(program, test_case, MTAIO_INTERLEAVE_SITES=sites.name)
        if not passes:
            sys.exit(f"weaken.py: '{test_case}' fails as it is: {message}")
        mutants = {Mutant.of(line) for line in sites.read().splitlines() if not line.startswith(":")}
        return Model(test_case, seconds, {mutant for mutant in mutants if mutant.is_written()})


def try_mutant(program, mutant, models):
    """The model that notices the mutant, and what it says; or None, None."""
    for model in sorted(models, key=lambda model: model.seconds):
        if mutant not in model.mutants:
            continue
        passes, _, message = run(program, model.name, MTAIO_INTERLEAVE_WEAKEN=mutant.name())
        if not passes:
            return model.name, message
    return None, None


def orders_in_source():
    """(file, line) of every order that is not relaxed, in the layers that are compiled for the checker."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.?pp")):
            file = path.relative_to(ROOT / folder).as_posix()
            if file.startswith(("interleave/", "testing/")):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                code = line.partition("//")[0]
                # A signal fence is for the compiler, which has done its work.
                if re.search(r"memory_order_(acquire|release|acq_rel|seq_cst)", code) and "signal_fence" not in code:
                    yield file, number


def not_met(mutants):
    """The orders in the source that no model executes."""
    met = {(mutant.file, mutant.line + offset) for mutant in mutants for offset in range(LINES_OF_STATEMENT)}
    return [f"{file}:{number}" for file, number in orders_in_source() if (file, number) not in met]


def reasons():
    """Why no model notices what is listed in tests/interleave/unnoticed.toml, by its key."""
    listed = tomllib.loads(UNNOTICED.read_text(encoding="utf-8"))
    return {key: " ".join(each["why"].split()) for each in listed.get("unnoticed", []) for key in each["orders"]}


def complaints(results, known):
    """What makes the run fail, when all orders were tried."""
    keys = {result["key"] for result in results}
    noticed = {result["key"] for result in results if result["noticed_by"]}
    for result in results:
        if not result["noticed_by"] and result["key"] not in known:
            yield (f"{result['name']}: no model notices, and tests/interleave/unnoticed.toml gives no reason: "
                   f"'{result['key']}'")
    for key in known:
        if key not in keys:
            yield f"tests/interleave/unnoticed.toml: there is no such order: '{key}'"
        elif key in noticed:
            yield f"tests/interleave/unnoticed.toml: a model notices: '{key}'"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", metavar="PATTERN", nargs="*")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM, metavar="FILE",
                        help="the tests; default: those of the configuration `release`")
    parser.add_argument("--list", action="store_true", help="only list the weakened orders that models meet")
    options = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        models = list(pool.map(lambda name: meet(options.program, name), test_cases(options.program)))
        mutants = sorted({mutant for model in models for mutant in model.mutants})
        chosen = [mutant for mutant in mutants
                  if not options.patterns or any(pattern in mutant.name() for pattern in options.patterns)]
        if options.list:
            print("\n".join(mutant.name() for mutant in chosen))
            return 0
        known = reasons()
        results = []
        for mutant, (model, message) in zip(chosen, pool.map(lambda each: try_mutant(options.program, each, models), chosen)):
            print(f"{mutant.name()}: {f'{model}: {message}' if model else 'NOT NOTICED'}", flush=True)
            results.append({"name": mutant.name(), "key": mutant.key(), "noticed_by": model, "message": message,
                            "why_not": None if model else known.get(mutant.key())})
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(f"{len(results)} weakened orders, {sum(1 for result in results if result['noticed_by'])} noticed")
    if options.patterns:
        return 0
    wrong = [*complaints(results, known), *(f"{place}: no model meets this order" for place in not_met(mutants))]
    for complaint in wrong:
        print(complaint, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
