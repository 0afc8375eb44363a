#!/usr/bin/env python3
"""Tests of headers.py: a header that does not include what it needs is found, although others include it."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HEADERS = pathlib.Path(__file__).resolve().parent / "headers.py"

USES_VECTOR = "inline std::vector<int> numbers() { return {}; }\n"


class Headers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.build = self.folder / "build"
        self.files = self.build / "library_verify_interface_header_sets"
        self.files.mkdir(parents=True)

    def refused(self, **headers):
        """The names of those of `headers`, {name: text}, that do not compile."""
        # Enough headers that what they include is shared.
        headers |= {f"fine_{number}": "#include <string>\n#include <vector>\n" + USES_VECTOR for number in range(5)}
        entries = []
        for name, text in headers.items():
            (self.folder / f"{name}.hpp").write_text("#pragma once\n" + text)
            file = self.files / f"{name}.cpp"
            file.write_text(f"#include <{name}.hpp>\n")
            entries.append({"directory": str(self.build), "file": str(file),
                            "command": f"clang++-19 -I{self.folder} -Wall -Werror -o {name}.o -c {file}"})
        (self.build / "compile_commands.json").write_text(json.dumps(entries))
        result = subprocess.run([sys.executable, HEADERS, self.build], capture_output=True, encoding="utf-8", check=False)
        found = {name for name in headers if f"{name}.hpp:" in result.stderr + result.stdout}
        self.assertEqual(result.returncode, 1 if found else 0, result.stdout + result.stderr)
        self.assertTrue(list((self.build / "shared_headers").glob("*.pch")))
        return found

    def test_headers_that_include_what_they_need_are_fine(self):
        self.assertEqual(self.refused(nothing="", through="#include <fine_0.hpp>\nstd::vector<int> more();\n"), set())

    def test_a_header_that_does_not_include_what_it_needs_is_found(self):
        self.assertEqual(self.refused(bad=USES_VECTOR, also="#include <string>\n" + USES_VECTOR), {"bad", "also"})

    def test_an_include_after_the_code_is_not_one(self):
        self.assertEqual(self.refused(late="#include <string>\n" + USES_VECTOR + "#include <vector>\n"), {"late"})

    def test_an_include_that_depends_on_a_macro_is_not_one(self):
        self.assertEqual(self.refused(never="#include <string>\n#ifdef NEVER\n#include <vector>\n#endif\n" + USES_VECTOR),
                         {"never"})

    def test_warnings_are_errors(self):
        self.assertEqual(self.refused(warns="#include <vector>\ninline int answer() { int unused; return 42; }\n"),
                         {"warns"})

    def test_no_headers_at_all_are_an_error(self):
        (self.build / "compile_commands.json").write_text("[]")
        result = subprocess.run([sys.executable, HEADERS, self.build], capture_output=True, encoding="utf-8", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("CMake has written no files", result.stderr)


if __name__ == "__main__":
    unittest.main()
