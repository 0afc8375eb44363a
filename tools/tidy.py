#!/usr/bin/env python3
"""Runs clang-tidy on C++ files, several at a time.

By itself, clang-tidy spends most of its time on the standard library and other system headers. So these are compiled
once for all files with the same options, and a plugin, tidy_scope.cpp, keeps the checks out of them.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

CLANG_TIDY = "clang-tidy-19"
CLANG = "clang++-19"

TOOLS = pathlib.Path(__file__).resolve().parent
PLUGIN_SOURCE = TOOLS / "tidy_scope.cpp"
PLUGIN = TOOLS.parent / "build" / "tidy_scope.so"

# For fewer files it is not worth compiling the system headers separately.
MANY = 5

INCLUDE = re.compile(r'^#include (?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def make_plugin():
    """Compiles the plugin if it is missing or older than its source."""
    if PLUGIN.exists() and PLUGIN.stat().st_mtime > PLUGIN_SOURCE.stat().st_mtime:
        return
    PLUGIN.parent.mkdir(exist_ok=True)
    made = PLUGIN.with_suffix(f".{os.getpid()}.so")
    subprocess.run([CLANG, "-std=c++17", "-fno-rtti", "-fPIC", "-shared", "-isystem/usr/lib/llvm-19/include",
                    PLUGIN_SOURCE, "-o", made], check=True)
    made.replace(PLUGIN)


def compile_commands(build):
    """{file: its compile command without the file and the output}"""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        words = shlex.split(entry["command"])
        commands[pathlib.Path(entry["file"])] = words[:words.index("-o")]
    return commands


def system_headers(files, folders):
    """The headers that `files` include, directly or not, and that are neither beside them nor in `folders`."""
    found, seen, left = set(), set(), list(files)
    while left:
        file = left.pop()
        if file in seen:
            continue
        seen.add(file)
        for quoted, angled in INCLUDE.findall(file.read_text(encoding="utf-8")):
            places = (folder / (quoted or angled) for folder in (file.parent, *folders))
            ours = next((place for place in places if place.is_file()), None)
            if ours:
                left.append(ours)
            elif angled:
                found.add(angled)
    return sorted(found)


class Group:
    """Files that are compiled with the same options."""

    def __init__(self, build, name, command, files):
        self.build = build
        self.command = command
        self.files = files
        self.headers = build / "system_headers" / f"{name}.hpp"
        self.compiled = self.headers.with_suffix(".pch")

    def compile_headers(self):
        """Precompiles the system headers of all files. A failure shows when the result is used."""
        if len(self.files) < MANY:
            return
        folders = [pathlib.Path(word[2:]) for word in self.command if word.startswith("-I")]
        self.headers.parent.mkdir(exist_ok=True)
        self.headers.write_text("".join(f"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n"
                                        for header in system_headers(self.files, folders)), encoding="utf-8")
        subprocess.run([*self.command, "-w", "-x", "c++-header", self.headers, "-o", self.compiled], cwd=self.build,
                       capture_output=True, check=False)

    def check(self, file):
        """The output of clang-tidy for `file`, and whether it found nothing."""
        if len(self.files) >= MANY:
            output, good = tidy(self.build, file, "--extra-arg=-include-pch", f"--extra-arg={self.compiled}")
            # A file may define macros that change system headers.
            if "clang-diagnostic-error" not in output:
                return output, good
        return tidy(self.build, file)


def tidy(build, file, *arguments):
    """The output of clang-tidy for `file`, and whether it found nothing."""
    result = subprocess.run([CLANG_TIDY, f"--load={PLUGIN}", "-p", build, "--quiet", *arguments, file],
                            capture_output=True, encoding="utf-8", check=False)
    good = result.returncode == 0
    # Standard error only counts the warnings in system headers, unless clang-tidy itself fails.
    return result.stdout if good or result.stdout else result.stderr, good


def groups(build, files):
    """`files` in groups, the largest first."""
    commands = compile_commands(build)
    alike = {}
    for file in files:
        alike.setdefault(tuple(commands.get(file, ())), []).append(file)
    ordered = sorted(alike.items(), key=lambda item: len(item[1]), reverse=True)
    return [Group(build, number, command, files) for number, (command, files) in enumerate(ordered)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a configured build folder, which has the compile commands")
    parser.add_argument("files", nargs="+", type=pathlib.Path, metavar="file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    arguments = parser.parse_args()

    make_plugin()
    together = groups(arguments.build.resolve(), [file.resolve() for file in arguments.files])
    good = True
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(Group.compile_headers, together))
        checks = [pool.submit(group.check, file) for group in together for file in group.files]
        for check in concurrent.futures.as_completed(checks):
            output, nothing_found = check.result()
            print(output, end="", flush=True)
            good = good and nothing_found
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
