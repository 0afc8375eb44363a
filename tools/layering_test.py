#!/usr/bin/env python3
"""Every rule of layering.py, with a tree that keeps it and one that breaks it."""

import pathlib
import tempfile
import unittest

import layering

TREE = {
    "src/CMakeLists.txt": "mtaio_umbrella(core.hpp)",
    "src/base/CMakeLists.txt": "# the lowest\nmtaio_layer(base HEADERS error.hpp)",
    "src/lockfree/CMakeLists.txt": "mtaio_layer(lockfree HEADERS lowlevel/deque.hpp)",
    "src/coro/CMakeLists.txt": "mtaio_layer(coro\n  USES base\n  HEADERS task.hpp lowlevel/job.hpp)",
    "src/sync/CMakeLists.txt": "mtaio_layer(sync USES coro HEADERS latch.hpp)",
    "include/mtaio/core.hpp": "#include <mtaio/error.hpp>\n#include <mtaio/latch.hpp>\n#include <mtaio/task.hpp>",
    "include/mtaio/error.hpp": "#include <string>",
    "include/mtaio/task.hpp": "#include <mtaio/error.hpp>\n#include <mtaio/lowlevel/job.hpp>",
    "include/mtaio/latch.hpp": "#include <mtaio/task.hpp>",
    "include/mtaio/lowlevel/job.hpp": "",
    "include/mtaio/lowlevel/deque.hpp": '#include <atomic>\n#include <cstdint>\n#include <cstddef>',
    "src/coro/frames.hpp": "#pragma once",
    "src/coro/task.cpp": '#include <mtaio/task.hpp>\n#include "coro/frames.hpp"\n#include "frames.hpp"',
}


class LayeringTest(unittest.TestCase):
    def breaches_after(self, changes):
        """The breaches in TREE after adding these files, or removing them (None)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (TREE | changes).items():
                if text is not None:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text, encoding="utf-8")
            return layering.find_breaches(root)

    def assert_breach(self, changes, *parts):
        """Exactly one breach is found, and it names all of `parts`."""
        breaches = self.breaches_after(changes)
        self.assertEqual(len(breaches), 1, breaches)
        for part in parts:
            self.assertIn(part, breaches[0])

    def test_a_tree_that_keeps_the_rules(self):
        self.assertEqual(self.breaches_after({}), [])

    def test_an_include_of_a_layer_that_is_not_used(self):
        self.assert_breach({"src/coro/task.cpp": "\n#include <mtaio/latch.hpp>"},
                           "src/coro/task.cpp:2", "coro does not use layer sync")

    def test_what_a_used_layer_uses_is_not_passed_on(self):
        self.assert_breach({"src/sync/latch.cpp": "#include <mtaio/error.hpp>"}, "sync does not use layer base")

    def test_a_private_header_of_a_layer_that_is_not_used(self):
        self.assert_breach({"src/base/error.cpp": '#include "coro/frames.hpp"'}, "base does not use layer coro")

    def test_a_use_that_is_not_made(self):
        self.assert_breach({"include/mtaio/latch.hpp": ""}, "src/sync/CMakeLists.txt", "USES coro", "Take it out")

    def test_a_use_of_a_layer_of_another_library(self):
        coro = "mtaio_layer(coro LIBRARY checker USES base HEADERS task.hpp lowlevel/job.hpp)"
        self.assert_breach({"src/coro/CMakeLists.txt": coro},
                           "src/sync/CMakeLists.txt", "USES coro", "not part of the library")

    def test_a_use_of_an_unknown_layer(self):
        self.assert_breach({"src/base/CMakeLists.txt": "mtaio_layer(base USES ether HEADERS error.hpp)"}, "ether")

    def test_a_header_without_a_layer(self):
        self.assert_breach({"include/mtaio/lowlevel/stray.hpp": ""}, "stray.hpp", "belongs to no layer")

    def test_a_header_with_two_layers(self):
        self.assert_breach({"src/base/CMakeLists.txt": "mtaio_layer(base HEADERS error.hpp lowlevel/deque.hpp)"},
                           "deque.hpp", "base, lockfree")

    def test_a_declared_header_that_does_not_exist(self):
        self.assert_breach({"include/mtaio/lowlevel/deque.hpp": None}, "HEADERS lowlevel/deque.hpp")

    def test_an_included_file_that_does_not_exist(self):
        self.assert_breach({"src/base/error.cpp": '#include "base/nothing.hpp"'}, "nothing.hpp", "no such file")

    def test_a_folder_that_declares_no_layer(self):
        self.assert_breach({"src/loose/file.cpp": ""}, "src/loose/file.cpp", "lies in no layer")

    def test_an_umbrella_that_leaves_a_header_out(self):
        self.assert_breach({"include/mtaio/core.hpp": "#include <mtaio/error.hpp>\n#include <mtaio/latch.hpp>"},
                           "core.hpp", "<mtaio/task.hpp>")

    def test_an_umbrella_that_a_layer_includes(self):
        self.assert_breach({"src/sync/latch.cpp": "#include <mtaio/core.hpp>"}, "src/sync/latch.cpp:1")

    def test_an_umbrella_that_belongs_to_a_layer(self):
        self.assert_breach({"src/sync/CMakeLists.txt": "mtaio_layer(sync USES coro HEADERS latch.hpp core.hpp)"},
                           "is the umbrella")

    def test_a_tree_without_an_umbrella(self):
        self.assert_breach({"src/CMakeLists.txt": "", "include/mtaio/core.hpp": None}, "mtaio_umbrella()")

    def test_a_public_header_that_includes_a_private_one(self):
        self.assert_breach({"include/mtaio/lowlevel/job.hpp": '#include "coro/frames.hpp"'},
                           "job.hpp:1", "only what is installed")

    def test_a_lockfree_header_that_includes_more_than_atomics(self):
        self.assert_breach({"include/mtaio/lowlevel/deque.hpp": "#include <vector>"}, "deque.hpp:1", "<vector>")

    def test_a_lockfree_header_that_includes_another(self):
        self.assertEqual(self.breaches_after({"src/lockfree/ring.hpp": "#include <mtaio/lowlevel/deque.hpp>"}), [])

    def test_a_header_that_includes_itself_through_another(self):
        self.assert_breach({"src/coro/frames.hpp": '#include "coro/sizes.hpp"',
                            "src/coro/sizes.hpp": '#include "coro/frames.hpp"'},
                           "src/coro/frames.hpp -> src/coro/sizes.hpp -> src/coro/frames.hpp")

    def test_a_folder_whose_name_says_nothing(self):
        self.assert_breach({"tests/sync/detail/list.cpp": ""}, "tests/sync/detail/")

    def test_a_tree_with_its_own_layers(self):
        tree = {"tests/LAYERS": "support:\nunit/*: support  # each folder of a layer\n",
                "tests/support/counted.hpp": "",
                "tests/unit/base/error.cpp": '#include "support/counted.hpp"\n#include "error.hpp"',
                "tests/unit/base/error.hpp": "",
                "tests/unit/sync/latch.cpp": ""}
        self.assertEqual(self.breaches_after(tree), [])
        self.assert_breach(tree | {"tests/unit/sync/latch.cpp": '#include "unit/base/error.hpp"'},
                           "tests/unit/sync/latch.cpp:1", "does not use unit/base")
        self.assert_breach(tree | {"tests/support/counted.hpp": '#include "unit/base/error.hpp"'},
                           "tests/support/counted.hpp:1", "support does not use unit/base")
        self.assert_breach(tree | {"tests/unit/base/error.cpp": ""}, "unit/* uses support", "Take it out")
        self.assert_breach(tree | {"tests/stray/file.cpp": ""}, "tests/stray/file.cpp", "lies in no folder")
        self.assert_breach(tree | {"tests/LAYERS": "unit/*: support\nsupport:\n"}, "LAYERS:1", "not named above")
        self.assert_breach(tree | {"tests/unit/base/error.hpp": '#include "error.hpp"'},
                           "unit/base/error.hpp -> unit/base/error.hpp")

    def test_a_build_folder_is_not_looked_at(self):
        self.assertEqual(self.breaches_after({"build/detail/file.cpp": ""}), [])


if __name__ == "__main__":
    unittest.main()
