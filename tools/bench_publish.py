#!/usr/bin/env python3
"""Draws a picture and writes a table of the results of tools/bench.py: how much longer other libraries take.

    bench_publish.py RESULTS.json PICTURE.svg PAGE.md

Both go into PAGE, between `<!-- results -->` and `<!-- end of results -->`.
"""

import json
import pathlib
import re
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot, ticker  # noqa: E402  after the choice of the backend

# The name, the colour, and the vertical offset within a line.
LIBRARIES = {
    "tbb": ("oneTBB", "#0071c5", 0.18),
    "asio": ("Boost.Asio", "#d1442f", 0.0),
    "asio_or": ("Boost.Asio, operator ||", "#e59a2f", 0.0),
    "threads": ("plain threads", "#6a737d", -0.18),
    "std_async": ("std::async", "#a371f7", -0.18),
}
INK, GRID = "#24292f", "#d0d7de"


def draw(results, picture):
    by_row = {}
    for result in results["results"]:
        by_row.setdefault(result["row"], []).append(result)
    rows = list(by_row.values())

    matplotlib.rcParams.update({
        "font.size": 9, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
        # So that the same results make the same file.
        "svg.hashsalt": "mtaio", "svg.fonttype": "none", "font.family": ["DejaVu Sans", "sans-serif"]})
    figure, axes = pyplot.subplots(figsize=(8.6, 1.3 + 0.31 * len(rows)), layout="constrained")
    axes.set_xscale("log")
    labels = {}
    for line, row in enumerate(rows):
        for result in row:
            several = result["threads"] > 1
            for library, ratio in result["ratios"].items():
                name, colour, offset = LIBRARIES[library]
                marker = axes.scatter(ratio, line - offset, s=34, marker="o", linewidths=1.4, edgecolors=colour,
                                      facecolors=colour if several else "white", zorder=3)
                if several:
                    labels.setdefault(library, (marker, name))
    axes.axvline(1, color=INK, linewidth=1.2, zorder=2)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [row[0]["title"] for row in rows])
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, which="both")
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel("times what mtaio takes (left of the line: less); filled: 2 threads, hollow: 1 thread")
    order = [library for library in LIBRARIES if library in labels]
    axes.legend([labels[library][0] for library in order], [labels[library][1] for library in order], frameon=False,
                loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(order), handletextpad=0.1, columnspacing=1.2)
    figure.savefig(picture, facecolor="white", metadata={"Date": None})


UNITS = {"wall_ms": "ms", "p50_us": "µs", "p99_us": "µs", "bytes_per_task": "bytes"}


def times(result, library):
    """The time of mtaio, or the ratio of another library to it."""
    if library != "mtaio":
        return f"{result['ratios'][library]:.2f} ×"
    ours = result["medians"]["mtaio"][result["figure"]]
    return f"{ours:,.0f} {UNITS[result['figure']]}" if ours >= 100 else f"{ours:.3g} {UNITS[result['figure']]}"


def peak_memory(result, library):
    """The peak memory of mtaio, or the ratio of another library to it."""
    peaks = {name: median["peak_kib"] for name, median in result["medians"].items()}
    return f"{peaks['mtaio'] / 1024:.1f} MiB" if library == "mtaio" else f"{peaks[library] / peaks['mtaio']:.2f} ×"


def table(results, cell):
    """A Markdown table: a line for each result, with `cell` of each library."""
    others = [library for library in LIBRARIES if any(library in result["ratios"] for result in results["results"])]
    yield " | ".join(["", "threads", "mtaio", *(LIBRARIES[library][0].replace("|", "\\|") for library in others)])
    yield "---".join("|" * (len(others) + 4))
    for result in results["results"]:
        cells = [cell(result, library) if library in result["medians"] else "" for library in ("mtaio", *others)]
        yield " | ".join([result["title"], str(result["threads"]), *cells])


def insert(results, picture, page):
    machine = results["machine"]
    lines = [f"![How many times as long others take]({pathlib.Path(picture).name})"]
    for heading, cell in ("", times), ("The most memory that the whole process has ever had:", peak_memory):
        lines += ["", heading, ""] if heading else [""]
        lines += [line if line.startswith("|") else f"| {line} |" for line in table(results, cell)]
    lines += ["", f"Measured on {machine['processors']} processors ({machine['processor']}), {machine['system']}, "
              f"with {results['compiler']}; medians of {results['rounds']} rounds."]
    text, found = re.subn(r"(<!-- results -->\n).*(<!-- end of results -->)",
                          lambda marks: marks[1] + "\n".join(lines) + "\n" + marks[2],
                          page.read_text(encoding="utf-8"), flags=re.DOTALL)
    if found != 1:
        sys.exit(f"{page}: there should be one pair of <!-- results --> and <!-- end of results -->")
    page.write_text(text, encoding="utf-8")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    results = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    if results["quick"]:
        sys.exit(f"{sys.argv[1]}: the sizes of --quick are too small for times; not published")
    draw(results, sys.argv[2])
    insert(results, sys.argv[2], pathlib.Path(sys.argv[3]))


if __name__ == "__main__":
    main()
