#!/usr/bin/env python3
"""Runs clang-tidy on C++ files, many of them at a time.

What takes clang-tidy most of its time is the standard library, which it looks through with each file anew. Here, files
that are compiled alike are first included into one, a unit, so that it does so once for all of them. A file that has
its names in an anonymous namespace gets a namespace of its own in the unit:

    #include <vector>                       // whatever the files include
    namespace file_1 {
    #include "tests/queue/items.cpp"        // its own includes add nothing any more
    }

A unit that does not compile, since two files do not go together, is split in two. A few checks have to see each file
by itself (ALONE). A single file is checked as it is.
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

# These look only at the file that is compiled, not at what it includes, or whether a name is a global one; and what a
# file must have for them to find something.
ALONE = ("bugprone-reserved-identifier", "misc-unused-alias-decls", "misc-unused-using-decls",
         "modernize-deprecated-headers")
CONCERNED = re.compile(r"\b_\w|\bnamespace\s+\w+\s*=|\busing\s+(?!namespace\b)[^=;]*;|#\s*include\s*<\w+\.h>")

# How many files a unit has at most: much more would leave cores idle in the end.
UNIT = 10

# Files that are known not to go together: the private names of each are those of the others too.
APART = re.compile(r"python/src/|tests/sweeps/|tests/main\.cpp$")

INCLUDE = re.compile(r"^#include ([<\"][^>\"]+[>\"])", re.MULTILINE)
NAMED_NAMESPACE = re.compile(r"^namespace [\w:]+ \{", re.MULTILINE)


def tidy(build, file, *arguments):
    """What clang-tidy prints about `file`, and whether it found nothing."""
    result = subprocess.run([CLANG_TIDY, "-p", build, "--quiet", *arguments, file], capture_output=True,
                            encoding="utf-8", check=False)
    good = result.returncode == 0
    # Standard error has the number of the warnings in other people's headers, unless clang-tidy itself fails.
    return result.stdout if good or result.stdout else result.stderr, good


def unit_text(files):
    """A file that includes `files`, each in a namespace of its own where that is possible."""
    headers, bodies = {}, []
    for number, file in enumerate(files, 1):
        content = file.read_text(encoding="utf-8")
        # The comment is for clang-tidy: no other file should include a .cpp file.
        include = f'#include "{file}"  // NOLINT(bugprone-suspicious-include)\n'
        if NAMED_NAMESPACE.search(content):
            bodies.append(include)
        else:
            headers.update(dict.fromkeys(INCLUDE.findall(content)))
            bodies.append(f"namespace file_{number} {{\n{include}}}\n")
    return "".join(f"#include {header}\n" for header in headers) + "".join(bodies)


def rules_of(file):
    """The .clang-tidy that is nearest to `file`."""
    return next(folder / ".clang-tidy" for folder in file.parents if (folder / ".clang-tidy").exists())


class Units:
    """Makes units in a folder, and checks them."""

    def __init__(self, folder, commands):
        self.folder = folder
        self.commands = commands

    def check(self, name, files):
        """The findings in `files`, and whether there were none."""
        if len(files) == 1:
            return tidy(self.folder.parent, files[0])
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        rules = folder / ".clang-tidy"
        rules.unlink(missing_ok=True)
        rules.symlink_to(rules_of(files[0]))
        unit = folder / "unit.cpp"
        unit.write_text(unit_text(files), encoding="utf-8")
        # Quoted includes are looked for beside each file. Warnings of the compiler are for the build to report.
        beside = [f"-iquote{path}" for path in sorted({file.parent for file in files})]
        command = [*self.commands[files[0]], "-Wno-error", *beside, "-c", str(unit)]
        (folder / "compile_commands.json").write_text(json.dumps(
            [{"directory": str(self.folder.parent), "file": str(unit), "arguments": command}]), encoding="utf-8")
        output, good = tidy(folder, unit, "--checks=" + ",".join(f"-{check}" for check in ALONE))
        if "clang-diagnostic-error" not in output:
            return output, good
        half = len(files) // 2
        first, first_good = self.check(f"{name}a", files[:half])
        second, second_good = self.check(f"{name}b", files[half:])
        return first + second, first_good and second_good


def compile_commands(build):
    """How each file is compiled, without the file itself and where the object goes."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        words = shlex.split(entry["command"])
        commands[pathlib.Path(entry["file"])] = words[:words.index("-o")]
    return commands


def units(commands, files):
    """`files` in lists of such as may go together: compiled alike, under the same rules."""
    alike = {}
    for file in files:
        known = file in commands and not APART.search(str(file))
        key = (rules_of(file), *commands[file]) if known else file
        alike.setdefault(key, []).append(file)
    for group in alike.values():
        count = -(-len(group) // UNIT)
        yield from (group[i * len(group) // count:(i + 1) * len(group) // count] for i in range(count))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a configured build folder: it says how a file is compiled")
    parser.add_argument("files", nargs="+", type=pathlib.Path, metavar="file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    arguments = parser.parse_args()

    build = arguments.build.resolve()
    commands = compile_commands(build)
    together = list(units(commands, [file.resolve() for file in arguments.files]))
    checker = Units(build / "units", commands)
    good = True
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        # The largest first.
        checks = [pool.submit(checker.check, str(number), files)
                  for number, files in enumerate(sorted(together, key=len, reverse=True))]
        checks += [pool.submit(tidy, build, file, "--checks=" + ",".join(("-*", *ALONE)))
                   for files in together if len(files) > 1
                   for file in files if CONCERNED.search(file.read_text(encoding="utf-8"))]
        for check in concurrent.futures.as_completed(checks):
            output, nothing_found = check.result()
            print(output, end="", flush=True)
            good = good and nothing_found
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
