#!/usr/bin/env python3
"""Runs everything that is evidence of the library's reliability, and rewrites the figures.

    prove.py [STEP...] [--schedules N] [--first-seed N] [--scale N] [--seconds N]

Each STEP (default: all) runs one command and replaces the text between its marks in RELIABILITY.md or SECURITY.md:

    <!-- figures: STEP -->
    ...
    <!-- end of figures -->

A step that fails leaves its figures as they were, and the exit status is 1.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ("RELIABILITY.md", "SECURITY.md")
MODEL_PROGRAMS = 5
ON_CORES = {"1": "On one core", "2": "On two cores"}


class Failed(Exception):
    pass


def run(*command, cwd=ROOT):
    """Runs the command and shows its standard output; returns that output."""
    print("+", *command, flush=True)
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, encoding="utf-8", errors="replace")
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if process.wait() != 0:
        raise Failed(f"{' '.join(command)} failed with {process.returncode}")
    return "".join(lines)


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout.strip()


def found(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise Failed(f"no line of the output matches '{pattern}'")
    return match


def share(part, whole):
    return f"{100 * part / whole:.1f} %"


def table(heading, rows):
    lines = [heading, ["---"] + ["---:"] * (len(heading) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def grouped(number):
    return f"{int(number):,}"


# --- The steps. Each returns the text of its figures. ---

def tests(_):
    """All tests, in each configuration."""
    return tests_table(run("./dev", "test", "all"))


def tests_table(printed):
    rows = re.findall(r"^([\w-]+) +passed +(\d+) +(\d+|-) +\d+ s$", printed, re.MULTILINE)
    if not rows:
        raise Failed("./dev test has printed no configuration that passed")
    return "What ran and passed:\n\n" + table(["configuration", "programs", "test cases"], rows)


def model(options):
    """Random programs against the models."""
    seeds = max(1, options.schedules // MODEL_PROGRAMS)
    printed = run("./dev", "model", "--first-seed", str(options.first_seed), "--seeds", str(seeds))
    rows = []
    for name, schedules, _, rate in re.findall(r"^(\w+) +(\d+) schedules +([\d.]+) s of one core +(\d+) /s", printed,
                                               re.MULTILINE):
        rows.append([name, grouped(schedules), grouped(rate)])
    if len(rows) != MODEL_PROGRAMS:
        raise Failed("some programs of the models have not run")
    last = options.first_seed + seeds - 1
    return (f"Seeds {grouped(options.first_seed)} to {grouped(last)} of each program; no difference.\n\n"
            + table(["program", "schedules", "per second and core"], rows))


def mutants(_):
    """Planted faults that the tests notice."""
    run("./dev", "mutants")
    results = json.loads((ROOT / "build/mutants/results.json").read_text(encoding="utf-8"))
    planted, noticed = collections.Counter(), collections.Counter()
    for mutant in results.values():
        planted[mutant["file"]] += 1
        noticed[mutant["file"]] += mutant["verdict"] in ("fails", "hangs")
    rows = [[f"`{file}`", count, noticed[file], share(noticed[file], count)] for file, count in planted.items()]
    rows.append(["**all**", planted.total(), noticed.total(), share(noticed.total(), planted.total())])
    return table(["file", "faults", "noticed", ""], rows)


def interleave(options):
    """Models of the protocols between threads, in very many interleavings."""
    os.environ["MTAIO_INTERLEAVE_SCALE"] = str(options.scale)
    return interleave_table(run("./dev", "interleave"))


def interleave_table(printed):
    executions, models, complete = collections.Counter(), collections.Counter(), collections.Counter()
    case = None
    for line in printed.splitlines():
        if line.startswith("model: "):
            case = line.removeprefix("model: ")
        elif match := re.search(r" (\d+) executions(, all)? +[\d.]+ s$", line):
            executions[case] += int(match[1])
            models[case] += 1
            complete[case] += match[2] is not None
    if not executions:
        raise Failed("no model has printed its executions")
    rows = [[case, models[case], complete[case], grouped(count)] for case, count in executions.items()]
    rows.append(["**all**", models.total(), complete.total(), grouped(executions.total())])
    return table(["protocol", "models", "with all interleavings", "executions"], rows)


def weaken(_):
    """Memory orders that are weakened, and the model that notices."""
    run("./dev", "weaken")
    return weaken_table(json.loads((ROOT / "build/weaken/results.json").read_text(encoding="utf-8")))


def weaken_table(results):
    noticed = [result for result in results if result["noticed_by"]]
    rows = []
    for result in results:
        file, line, what, order, weaker = result["name"].rsplit(":", 4)
        by = (result["noticed_by"] or "").removeprefix("model: ") or f"none: {result['why_not']}"
        rows.append([f"`{file}:{line}`", what, f"{order} to {weaker}", by])
    return (f"{len(results)} weakened orders; the models notice {len(noticed)}, "
            f"{share(len(noticed), len(results))}.\n\n" + table(["place", "what", "weakened", "noticed by"], rows))


def sweeps(_):
    """Every allocation, thread and call of user code fails in turn."""
    run("./dev", "test", "release")
    return sweeps_table(run("build/release/tests/test_sweeps", "--no-colors=true"))


def sweeps_table(printed):
    rows = [[kind, *map(grouped, counts)] for *counts, kind in re.findall(
        r"(\d+) scenarios, (\d+) attempts with (\d+) ([a-z ]+?) that failed", printed)]
    if not rows:
        raise Failed("no sweep has printed its counts")
    return table(["what failed", "scenarios", "attempts", "failures"], rows)


def soak(options):
    """Everything at random, on real threads."""
    printed = run("./dev", "soak", "--seconds", str(options.seconds))
    return soak_table(options.seconds, printed)


def soak_table(seconds, printed):
    rows = [[what, grouped(number)] for number, what in re.findall(r"^ *(\d+) ([a-z ]+)$", printed, re.MULTILINE)]
    if not rows:
        raise Failed("the soak has printed no counts")
    return f"{seconds} seconds; nothing lost, doubled or left over.\n\n" + table(["what", "how many"], rows)


def disturbed(options):
    """The same under ThreadSanitizer, with threads that yield at random."""
    printed = run("./dev", "soak", "--disturbed", "--seconds", str(options.seconds))
    parts = re.split(r"^==> .*cores: (\d+)$", printed, flags=re.MULTILINE)
    texts = [f"{ON_CORES[cores]}: " + soak_table(options.seconds, part)
             for cores, part in zip(parts[1::2], parts[2::2])]
    if len(texts) != 2:
        raise Failed("the soak has not run both on one core and on two")
    return "\n\n".join(texts)


def coverage(_):
    """How much of the library the tests execute."""
    run("./dev", "coverage")
    summary = json.loads((ROOT / "build/coverage/coverage.json").read_text(encoding="utf-8"))
    rows = [[what, grouped(summary[what]["total"]), grouped(summary[what]["covered"]), f"{summary[what]['percent']} %"]
            for what in ("lines", "branches")]
    return table(["in `include/` and `src/`", "total", "executed", ""], rows)


def hardening(_):
    """The cost of the hardening flags of release builds, in instructions."""
    costs = {}
    for value in ("OFF", "ON"):
        build = f"build/hardening-{value.lower()}"
        run("cmake", "--preset", "release", "-B", build, f"-DMTAIO_HARDENING={value}", "--log-level=WARNING")
        run("cmake", "--build", build, "--target", "hot_paths")
        printed = run("tools/count_instructions.py", f"{build}/bench/guard/hot_paths")
        costs[value] = {path: float(count) for count, path in re.findall(r"^ *([\d.]+) +[\d.]+ +(\w+)$", printed,
                                                                         re.MULTILINE)}
    rows = [[f"`{path}`", f"{without:.0f}", f"{costs['ON'][path]:.0f}", f"{100 * (costs['ON'][path] / without - 1):+.1f} %"]
            for path, without in costs["OFF"].items()]
    return table(["hot path", "without", "with", ""], rows)


STEPS = {step.__name__: step for step in (tests, sweeps, model, interleave, weaken, mutants, soak, disturbed, coverage,
                                          hardening)}


# --- The pages ---

def origin():
    """The date, the commit, the compiler and the machine."""
    commit = output_of("git", "rev-parse", "--short=12", "HEAD")
    if output_of("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    compiler = output_of("clang++-19", "--version").splitlines()[0]
    cpu = found(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))[1]
    return f"{datetime.date.today()}, commit {commit}, {compiler}, {os.cpu_count()} cores ({cpu.strip()})"


def rewrite(step, text):
    block = re.compile(rf"(<!-- figures: {step} -->\n).*?(<!-- end of figures -->)", re.DOTALL)
    for page in PAGES:
        path = ROOT / page
        old = path.read_text(encoding="utf-8")
        if block.search(old):
            new = block.sub(lambda match: f"{match[1]}{text}\n\n({origin()})\n{match[2]}", old)
            path.write_text(new, encoding="utf-8")
            return
    raise Failed(f"no page has marks for the figures of '{step}'")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="\n".join(f"{name:10} {step.__doc__}" for name, step in STEPS.items()),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", choices=[[], *STEPS], help="one of the steps below")
    parser.add_argument("--schedules", type=int, default=20_000_000, help="how many the models run (20,000,000)")
    parser.add_argument("--first-seed", type=int, default=1, help="the first seed of the models (1)")
    parser.add_argument("--scale", type=float, default=100,
                        help="how many times more interleavings than CTest looks at (100)")
    parser.add_argument("--seconds", type=int, default=180, help="the length of each soak (180)")
    options = parser.parse_args()
    failed = False
    for name in options.steps or STEPS:
        print(f"\n==> {name}: {STEPS[name].__doc__}", flush=True)
        try:
            rewrite(name, STEPS[name](options))
        except (Failed, OSError, subprocess.CalledProcessError) as error:
            print(f"prove.py: {name}: {error}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
