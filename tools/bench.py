#!/usr/bin/env python3
"""Runs benchmarks (bench/) and compares this library with others.

    bench.py BUILD [ROW...] [--quick] [--rounds N] [--threads N,...] [--json FILE]

BUILD is the folder with the programs, <problem>/<library>. bench/rows.toml describes each ROW; without a ROW, all run.
In each round, each program of a row runs once. Prints medians and ratios, and writes them to FILE: a ratio of 2 means
that the other library takes twice as long as this one.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tomllib

OURS = "mtaio"
LIBRARIES = [OURS, "tbb", "asio", "asio_or", "threads", "std_async"]
# These have no number of workers to set, so they are limited to that number of processors.
WITHOUT_WORKERS = {"threads", "std_async"}
ROWS = pathlib.Path(__file__).resolve().parent.parent / "bench" / "rows.toml"
SECONDS = 300


def run(program, sizes, threads, pinned):
    """The figures that one run of `program` prints."""
    command = [str(program), "--threads", str(threads)]
    for name, value in sizes.items():
        command += [f"--{name}", str(value)]
    processors = sorted(os.sched_getaffinity(0))[:threads] if pinned else None
    limit = (lambda: os.sched_setaffinity(0, processors)) if pinned else None
    result = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=SECONDS, preexec_fn=limit)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {result.returncode}:\n{result.stderr}")
    return json.loads(result.stdout)


def measure(row, threads, build, options):
    """{library: [figures of each round]}"""
    programs = {library: build / row["program"] / library for library in LIBRARIES}
    programs = {library: program for library, program in programs.items() if program.exists()}
    if OURS not in programs:
        sys.exit(f"There is no {build / row['program'] / OURS}; build the target 'benchmarks'.")
    sizes = row["sizes"] | (row["quick"] if options.quick else {})
    runs = {library: [] for library in programs}
    for _ in range(options.rounds):
        for library, program in programs.items():
            own_sizes = sizes if options.quick else sizes | row.get("less", {}).get(library, {})
            runs[library].append(run(program, own_sizes, threads, library in WITHOUT_WORKERS))
    most = max(figures["items"] for all_runs in runs.values() for figures in all_runs)
    for figures in (figures for all_runs in runs.values() for figures in all_runs):
        for time in ("wall_ms", "cpu_ms"):
            figures[time] *= most / figures["items"]
    return runs


def summary(row, threads, runs, quick):
    """The medians and ratios of a row."""
    medians = {library: {name: statistics.median(figures[name] for figures in all_runs) for name in all_runs[0]}
               for library, all_runs in runs.items()}
    figure = row.get("figure", "wall_ms")
    ours = medians[OURS][figure]
    ideal = row.get("quick_ideal" if quick else "ideal")
    result = {"row": row["name"], "title": row["title"], "threads": threads, "figure": figure,
              "ratios": {library: medians[library][figure] / ours for library in medians if library != OURS},
              "cpu_ratios": {library: medians[library]["cpu_ms"] / medians[OURS]["cpu_ms"]
                             for library in medians if library != OURS},
              "medians": medians, "runs": runs}
    if ideal:
        result["over_ideal"] = ours / ideal
    return result


def show(result):
    figure = result["figure"]
    print(f"\n{result['title']}, threads: {result['threads']}")
    print(f"  {'':12}{'wall ms':>10}{'CPU ms':>10}{'peak MiB':>10}" + ("" if figure == "wall_ms" else f"{figure:>16}"),
          f"{'ratio':>8} {'CPU ratio':>10}")
    for library, median in result["medians"].items():
        line = f"  {library:12}{median['wall_ms']:10.1f}{median['cpu_ms']:10.1f}{median['peak_kib'] / 1024:10.1f}"
        if figure != "wall_ms":
            line += f"{median[figure]:16.1f}"
        if library in result["ratios"]:
            line += f" {result['ratios'][library]:8.2f} {result['cpu_ratios'][library]:10.2f}"
        print(line)
    if "over_ideal" in result:
        print(f"  {OURS} takes {result['over_ideal']:.3f} times the ideal")
    sys.stdout.flush()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return {"processor": models[0] if models else platform.machine(), "processors": len(os.sched_getaffinity(0)),
            "system": platform.platform(), "load": os.getloadavg()[0]}


def compiler(build):
    """The compiler and the flags of the programs."""
    cache = (build.parent / "CMakeCache.txt").read_text(encoding="utf-8")
    entry = {line.partition(":")[0]: line.partition("=")[2] for line in cache.splitlines() if "=" in line}
    version = subprocess.run([entry["CMAKE_CXX_COMPILER"], "--version"], capture_output=True, encoding="utf-8")
    flags = f"{entry['CMAKE_CXX_FLAGS']} {entry['CMAKE_CXX_FLAGS_RELEASE']}".split()
    return f"{version.stdout.splitlines()[0]}, {' '.join(flags)}"


def main():
    rows = {row["name"]: row for row in tomllib.loads(ROWS.read_text(encoding="utf-8"))["row"]}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("row", nargs="*", help=f"one of {', '.join(rows)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that they work, not how fast")
    parser.add_argument("--rounds", type=int, help="how often each program runs (5; quick: 1)")
    parser.add_argument("--threads", type=lambda text: [int(number) for number in text.split(",")], default=[1, 2],
                        help="the numbers of workers (1,2)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_intermixed_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    unknown = [name for name in options.row if name not in rows]
    if unknown:
        parser.error(f"there is no row '{unknown[0]}', only {', '.join(rows)}")

    results = {"machine": machine(), "compiler": compiler(options.build), "rounds": options.rounds, "quick": options.quick, "results": []}
    if results["machine"]["load"] > 0.5:
        print(f"The load of this machine is {results['machine']['load']:.1f}: compare CPU times, not wall times.")
    for name in options.row or rows:
        for threads in rows[name].get("threads", options.threads):
            runs = measure(rows[name], threads, options.build, options)
            results["results"].append(summary(rows[name], threads, runs, options.quick))
            show(results["results"][-1])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        print(f"\nWrote {options.json}")


if __name__ == "__main__":
    main()
