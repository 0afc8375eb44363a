#!/usr/bin/env python3
"""Holds every memory order that is not relaxed to an edge with a name.

    check_edges.py [ROOT]

An edge is an order between two places that run on different threads. It is named after what happens at its two ends,
`push/sleep`, and declared once, in a comment that gives both ends and the argument:

    // push/sleep   A worker announces itself asleep and then looks for work; a pusher publishes work and then
    //              looks for sleepers. Each puts a full fence in between: one of them sees the other.

The rules, for the C++ files of include/, src/ and python/, without tests, and without the checker of interleavings
(interleave/), for which memory orders are data:
 1. A memory order other than relaxed, and a fence, names a declared edge: in a comment at the end of its lines, or on
    a line of its own among the four above them.
 2. An operation on a `std::atomic` gives its memory order.
 3. The edge is declared in the same file, in a header that the file includes, or in a file that includes it; directly
    or not.
 4. A declared edge is named at its ends: in another comment somewhere, at an order or at a lock that makes it.

Prints a line for each breach, and exits with 1 if there are any.
"""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "python")
FOLDERS_LEFT_OUT = {"tests", "interleave"}
LINES_ABOVE = 4

EDGE = re.compile(r"(?<![\w/<.-])([a-z][a-z_]*(?:-[a-z_]+)*/[a-z][a-z_]*(?:-[a-z_]+)*)(?![\w/>-]|\.\w)")
DECLARATION = re.compile(r"^\s*//[/!]?\s*([a-z][a-z_-]*/[a-z][a-z_-]*)\s{2,}\S")
ORDER = re.compile(r"memory_order_(acquire|release|acq_rel|seq_cst|consume)|memory_order::(?!relaxed)\w+"
                   r"|\basymmetric_fence_(light|heavy)\(\)")
ATOMIC = re.compile(r"std::atomic(?:<[^;()]*>|_flag)&?\s+(\w+)\s*(?:[{;=,)]|$)")
OPERATION = r"\b{name}(?:\[[^]]*\])?\.(load|store|exchange|fetch_\w+|compare_exchange_\w+|test_and_set|clear|test)\("


class File:
    def __init__(self, root, path):
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.split("\n")
        self.declared = {}
        for number, line in enumerate(self.lines, start=1):
            match = DECLARATION.match(line)
            if match:
                self.declared.setdefault(match[1], number)
        self.includes = re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', self.text, flags=re.MULTILINE)

    def is_comment(self, number):
        return self.lines[number - 1].lstrip().startswith("//")

    def comment_at(self, number):
        """The comment on a line; empty if it has none."""
        _, slashes, comment = self.lines[number - 1].partition("//")
        return comment if slashes else ""

    def statement_end(self, number):
        """The last line of the statement that begins before or on line `number`, as far as its brackets tell."""
        depth = 0
        for end in range(number, min(number + 6, len(self.lines)) + 1):
            code = self.lines[end - 1].partition("//")[0]
            depth += code.count("(") - code.count(")")
            if depth <= 0:
                return end
        return number

    def statement_begin(self, number):
        """The first line of the statement that line `number` is part of."""
        while number > 1 and not re.search(r"[;{}:]\s*$", self.lines[number - 2].partition("//")[0].rstrip() or ";"):
            number -= 1
        return number


def read_files(root):
    files = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp") and not FOLDERS_LEFT_OUT & set(path.relative_to(root).parts):
                file = File(root, path)
                files[file.name] = file
    return files


def included(files, file):
    """The file and all files of the project that it includes, directly or not."""
    found = {}
    queue = [file]
    while queue:
        current = queue.pop()
        if current.name in found:
            continue
        found[current.name] = current
        folder = pathlib.PurePosixPath(current.name).parent
        for name in current.includes:
            for candidate in (f"include/{name}", f"src/{name}", f"python/{name}", f"python/include/{name}",
                              (folder / name).as_posix()):
                if candidate in files:
                    queue.append(files[candidate])
    return found.values()


def check_orders(files):
    """Rules 1 and 3."""
    closure = {file.name: {other.name for other in included(files, file)} for file in files.values()}
    for file in files.values():
        known = None
        for number, line in enumerate(file.lines, start=1):
            order = ORDER.search(line.partition("//")[0])
            if not order or re.match(r"\s*(inline |\[\[.*\]\] )*void asymmetric_fence", line):
                continue
            begin = file.statement_begin(number)
            near = [above for above in range(max(1, begin - LINES_ABOVE), begin)
                    if file.is_comment(above) and not DECLARATION.match(file.lines[above - 1])]
            names = [name for each in near + list(range(begin, file.statement_end(number) + 1))
                     for name in EDGE.findall(file.comment_at(each))]
            if not names:
                yield (f"{file.name}:{number}: {order[0]}: names no edge. Name it in a comment here, such as "
                       f"'push/sleep', and declare it once, with both of its ends.")
                continue
            if known is None:
                known = {name for other in files.values() if file.name in closure[other.name] or other.name in closure[file.name]
                         for name in other.declared}
            unknown = [name for name in names if name not in known]
            if len(unknown) == len(names):
                yield (f"{file.name}:{number}: {order[0]}: the edge '{names[0]}' is declared neither in this file nor "
                       f"in one that it includes or that includes it.")


def check_operations(files):
    """Rule 2."""
    for file in files.values():
        names = {name for other in included(files, file) for name in ATOMIC.findall(other.text)
                 if other is file or pathlib.PurePosixPath(other.name).stem == pathlib.PurePosixPath(file.name).stem}
        if not names:
            continue
        pattern = re.compile(OPERATION.format(name="(?:" + "|".join(sorted(names)) + ")"))
        for number, line in enumerate(file.lines, start=1):
            code = line.partition("//")[0]
            if pattern.search(code):
                statement = " ".join(file.lines[each - 1].partition("//")[0]
                                     for each in range(number, file.statement_end(number) + 1))
                if "memory_order" not in statement and not re.search(r"\border\b|\bOrder\b", statement):
                    yield f"{file.name}:{number}: {code.strip()}: gives no memory order, and so is seq_cst."


def check_declarations(files):
    """Rule 4."""
    named = {name for file in files.values() for at, line in enumerate(file.lines, start=1)
             if not DECLARATION.match(line) for name in EDGE.findall(file.comment_at(at))}
    for file in files.values():
        for name, number in file.declared.items():
            if name not in named:
                yield f"{file.name}:{number}: the edge '{name}' is declared, and no other comment names it."


def find_breaches(root):
    files = read_files(root)
    return [breach for rule in (check_orders, check_operations, check_declarations) for breach in rule(files)]


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    breaches = find_breaches(root)
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
