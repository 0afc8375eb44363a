#!/usr/bin/env python3
"""Makes a picture and a table of the results of figures.py: how many times better than asyncio.

    publish.py PICTURE.svg PAGE.md 'asyncio, 3.11'=RUN.json,RUN.json,RUN.json 'asyncio, 3.13'=...

Each column has several runs. The figures are the medians of the runs; a factor that differs by more than a fifth between
the runs is not published. Both stand in PAGE between `<!-- figures -->` and `<!-- end of figures -->`; the picture
and the times are those of the first column.
"""

import json
import pathlib
import re
import statistics
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  the backend comes first

BAR, INK = "#3b7ea1", "#24292f"
SPREAD = 1.2


class Column:
    def __init__(self, title, files):
        self.title = title
        self._runs = [json.loads(pathlib.Path(file).read_text(encoding="utf-8"))["figures"] for file in files]

    def rows(self):
        return list(self._runs[0])

    def median(self, row, side):
        return statistics.median(run[row][side] for run in self._runs)

    def factor(self, row):
        """None if it was not measured in each run, or did not come again."""
        if not all(row in run for run in self._runs):
            return None
        factors = [run[row]["asyncio"] / run[row]["mtaio"] for run in self._runs]
        if max(factors) > SPREAD * min(factors):
            print(f"{self.title}: {row}: {', '.join(f'{each:.1f}' for each in factors)} times: left out")
            return None
        return statistics.median(factors)


def draw(column, picture):
    factors = {row: factor for row in column.rows()[::-1] if (factor := column.factor(row))}
    # The same results make the same file.
    matplotlib.rcParams.update({"font.size": 9, "text.color": INK, "svg.hashsalt": "mtaio", "svg.fonttype": "none",
                                "font.family": ["DejaVu Sans", "sans-serif"]})
    figure, axes = pyplot.subplots(figsize=(7.5, 0.8 + 0.34 * len(factors)), layout="constrained")
    bars = axes.barh(list(factors), list(factors.values()), color=BAR, height=0.62, left=0)
    axes.bar_label(bars, [f"{value:.1f}" for value in factors.values()], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(1, 1.6 * max(factors.values()))
    axes.set_title(f"How many times better than asyncio ({column.title})", loc="left")
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.savefig(picture, metadata={"Date": None})


def table(columns):
    first, *others = columns
    lines = [f"| ns of CPU | {first.title} | mtaio | times | {' | '.join(each.title for each in others)} |",
             f"|---|--:|--:|--:|{'--:|' * len(others)}"]
    for row in first.rows():
        factors = [column.factor(row) for column in columns]
        if factors[0] is None:
            continue
        digits = 1 if "MB" in row else 0
        shown = " | ".join("" if factor is None else f"{factor:.1f}" for factor in factors)
        lines.append(f"| {row} | {first.median(row, 'asyncio'):,.{digits}f} | {first.median(row, 'mtaio'):,.{digits}f} "
                     f"| {shown} |")
    return "\n".join(lines)


def main():
    picture, page = map(pathlib.Path, sys.argv[1:3])
    columns = [Column(title, files.split(",")) for title, files in (each.rsplit("=", 1) for each in sys.argv[3:])]
    draw(columns[0], picture)
    text = f"![How many times better than asyncio]({picture.name})\n\n{table(columns)}"
    old = page.read_text(encoding="utf-8")
    new = re.sub(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", lambda match: f"{match[1]}{text}\n{match[2]}", old,
                 flags=re.DOTALL)
    page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
