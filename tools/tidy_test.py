#!/usr/bin/env python3
"""Tests of tidy.py: what clang-tidy finds in a file by itself, it finds in joined ones too."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parent / "tidy.py"

RULES = """\
Checks: '-*,bugprone-suspicious-include,misc-unused-using-decls,modernize-deprecated-headers,modernize-use-nullptr,modernize-use-using'
WarningsAsErrors: '*'
HeaderFilterRegex: '.*'
"""

HEADER = "#pragma once\nnamespace other { struct Used {}; }\ntypedef int Number;\n"


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        (self.folder / ".clang-tidy").write_text(RULES)
        (self.folder / "header.hpp").write_text(HEADER)

    def found_in(self, **files):
        """Runs tidy.py on `files`, text by name: what it finds, as `file:line check`."""
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
            {"a.cpp:2 modernize-use-nullptr", "b.cpp:3 modernize-use-nullptr", "header.hpp:3 modernize-use-using"})

    def test_finds_what_only_a_file_by_itself_shows(self):
        self.assertEqual(
            self.found_in(a='#include "header.hpp"\nusing other::Used;\nUsed used;\n',
                          b='#include "header.hpp"\nusing other::Used;\n'),
            {"b.cpp:2 misc-unused-using-decls", "header.hpp:3 modernize-use-using"})

    def test_leaves_alone_what_a_file_says_is_meant(self):
        self.assertEqual(
            self.found_in(a="#include <signal.h>  // NOLINT(*-deprecated-headers)\nint one = SIGINT;\n",
                          b="#include <signal.h>\nint two = SIGINT;\n"),
            {"b.cpp:1 modernize-deprecated-headers"})

    def test_splits_files_that_do_not_go_together(self):
        self.assertEqual(
            self.found_in(a="namespace named { int x = 1; }\n", b="namespace named { int x = 2; }\n",
                          c="namespace named { int* y = 0; }\n"),
            {"c.cpp:1 modernize-use-nullptr"})


if __name__ == "__main__":
    unittest.main()
