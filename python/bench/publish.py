#!/usr/bin/env python3
"""Makes a picture and a table of what figures.py has written: how many times better than asyncio.

    publish.py RESULTS.json PICTURE.svg PAGE.md

Both stand in PAGE between `<!-- figures -->` and `<!-- end of figures -->`.
"""

import json
import pathlib
import re
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  the backend comes first

BAR, INK = "#3b7ea1", "#24292f"


def draw(figures, picture):
    names = list(figures)[::-1]
    times = [figures[name]["asyncio"] / figures[name]["mtaio"] for name in names]
    # The same results make the same file.
    matplotlib.rcParams.update({"font.size": 9, "text.color": INK, "svg.hashsalt": "mtaio", "svg.fonttype": "none",
                                "font.family": ["DejaVu Sans", "sans-serif"]})
    figure, axes = pyplot.subplots(figsize=(7.5, 0.8 + 0.34 * len(names)), layout="constrained")
    bars = axes.barh(names, times, color=BAR, height=0.62, left=0)
    axes.bar_label(bars, [f"{value:.1f}" if value < 100 else f"{value:.0f}" for value in times], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(1, 1.6 * max(times))
    axes.set_title("How many times better than asyncio (logarithmic)", loc="left")
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.savefig(picture, metadata={"Date": None})


def table(loop, figures):
    lines = [f"| {loop}, ns of CPU | asyncio | mtaio | times |", "|---|--:|--:|--:|"]
    for name, figure in figures.items():
        digits = 1 if "MB" in name else 0
        lines.append(f"| {name} | {figure['asyncio']:,.{digits}f} | {figure['mtaio']:,.{digits}f} "
                     f"| {figure['asyncio'] / figure['mtaio']:.1f} |")
    return "\n".join(lines)


def main():
    results, picture, page = map(pathlib.Path, sys.argv[1:])
    measured = json.loads(results.read_text(encoding="utf-8"))
    draw(measured["figures"], picture)
    text = f"![How many times better than asyncio]({picture.name})\n\n{table(measured['loop'], measured['figures'])}"
    old = page.read_text(encoding="utf-8")
    new = re.sub(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", lambda match: f"{match[1]}{text}\n{match[2]}", old,
                 flags=re.DOTALL)
    page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
