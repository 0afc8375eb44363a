#!/usr/bin/env python3
"""Tests of tidy.py: what clang-tidy finds by itself is found too, although tidy.py leaves system headers out."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parent / "tidy.py"

RULES = """\
Checks: '-*,bugprone-use-after-move,bugprone-reserved-identifier,misc-redundant-expression,misc-unused-using-decls,modernize-deprecated-headers,modernize-use-nullptr,modernize-use-using'
WarningsAsErrors: '*'
HeaderFilterRegex: '.*'
"""

HEADER = "#pragma once\n#include <vector>\nnamespace other { struct Used {}; }\ntypedef int Number;\n"


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        (self.folder / ".clang-tidy").write_text(RULES)
        (self.folder / "header.hpp").write_text(HEADER)

    def found_in(self, **files):
        """Runs tidy.py on `files`, {name: text}. Returns its findings, as `file:line check`."""
        # Enough files that their system headers are compiled separately.
        files |= {f"nothing_{number}": "#include <string>\n#include <utility>\n" for number in range(5)}
        build = self.folder / "build"
        build.mkdir()
        paths = []
        for name, text in files.items():
            paths.append(self.folder / f"{name}.cpp")
            paths[-1].write_text(text)
        (build / "compile_commands.json").write_text(json.dumps(
            [{"directory": str(build), "file": str(path), "command": f"clang++-19 -o {path.stem}.o -c {path}"}
             for path in paths]))
        # clang-tidy takes the HeaderFilterRegex of the folder that it runs in.
        result = subprocess.run([sys.executable, TIDY, build, *paths], cwd=self.folder, capture_output=True,
                                encoding="utf-8", check=False)
        found = set()
        for line in result.stdout.splitlines():
            if " error: " in line:
                path, number = line.split(":")[:2]
                found.add(f"{pathlib.Path(path).name}:{number} {line.rpartition('[')[2].partition(',')[0].rstrip(']')}")
        self.assertEqual(result.returncode, 1 if found else 0, result.stdout + result.stderr)
        return found

    def test_finds_nothing_in_files_that_have_nothing(self):
        self.assertEqual(self.found_in(a="namespace { int one(); }\n", b="int main() {}\n", c="int main() {}\n"), set())

    def test_finds_what_is_in_each_file_and_in_a_header(self):
        self.assertEqual(
            self.found_in(a='#include "header.hpp"\nint* pointer() { return 0; }\n',
                          b='#include "header.hpp"\n\nint* pointer() { return 0; }\n'),
            {"a.cpp:2 modernize-use-nullptr", "b.cpp:3 modernize-use-nullptr", "header.hpp:4 modernize-use-using"})

    def test_finds_what_takes_the_whole_file_to_see(self):
        self.assertEqual(
            self.found_in(a='#include "header.hpp"\nusing other::Used;\nUsed used;\nint _Reserved;\n',
                          b='#include "header.hpp"\nusing other::Used;\n'),
            {"a.cpp:4 bugprone-reserved-identifier", "b.cpp:2 misc-unused-using-decls",
             "header.hpp:4 modernize-use-using"})

    def test_finds_what_is_done_with_the_standard_library(self):
        self.assertEqual(
            self.found_in(a="#include <string>\n#include <utility>\n"
                            "template <class T> T two(T from) { T to = std::move(from); return to + from; }\n"
                            "std::string both(std::string from) { return two(from); }\n",
                          b="#include <string>\nnamespace std {\nbool odd(const string& s) { return s == s; }\n}\n"),
            {"a.cpp:3 bugprone-use-after-move", "b.cpp:3 misc-redundant-expression"})

    def test_leaves_alone_what_a_file_says_is_meant(self):
        self.assertEqual(
            self.found_in(a="#include <signal.h>  // NOLINT(*-deprecated-headers)\nint one = SIGINT;\n",
                          b="#include <signal.h>\nint two = SIGINT;\n"),
            {"b.cpp:1 modernize-deprecated-headers"})

    def test_checks_a_file_that_changes_a_system_header(self):
        self.assertEqual(
            self.found_in(a="#include <cmath>\nint* pointer() { return 0; }\n",
                          b="#define _USE_MATH_DEFINES 1\n#include <cassert>\n#define assert(x) (void)sizeof(x)\n"
                            "#include <string>\n#define NDEBUG\nint* pointer() { assert(1); return 0; }\n",
                          c="#define size_t_is unsigned\n#define vector other_vector\n#include <vector>\n"
                            "std::other_vector<int>* all() { return 0; }\n"),
            {"a.cpp:2 modernize-use-nullptr", "b.cpp:6 modernize-use-nullptr", "b.cpp:1 bugprone-reserved-identifier",
             "c.cpp:4 modernize-use-nullptr"})


if __name__ == "__main__":
    unittest.main()
