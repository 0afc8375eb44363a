#!/usr/bin/env python3
"""Tests of tools/count_instructions.py."""

import pathlib
import tempfile
import unittest

import count_instructions


class Check(unittest.TestCase):
    def complaints(self, found):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "instructions.txt"
            file.write_text(count_instructions.table({"await": (100.0, 2.0), "put": (300.0, 0.0)}))
            return list(count_instructions.check(found, file))

    def test_the_same_is_fine(self):
        self.assertEqual(self.complaints({"await": (100.0, 2.0), "put": (300.0, 0.0)}), [])

    def test_a_little_more_is_fine(self):
        self.assertEqual(self.complaints({"await": (102.0, 2.1), "put": (308.0, 0.0)}), [])

    def test_more_instructions_are_a_complaint(self):
        self.assertEqual(self.complaints({"await": (105.0, 2.0), "put": (300.0, 0.0)}),
                         ["await: 105.0 instructions, MORE than 100.0"])

    def test_fewer_instructions_are_a_complaint_so_that_the_file_stays_true(self):
        self.assertEqual(self.complaints({"await": (95.0, 2.0), "put": (300.0, 0.0)}),
                         ["await: 95.0 instructions, FEWER than 100.0"])

    def test_a_locked_instruction_more_is_a_complaint(self):
        self.assertEqual(self.complaints({"await": (100.0, 2.0), "put": (301.0, 1.0)}),
                         ["put: 1.0 locked instructions, MORE than 0.0"])

    def test_a_path_that_has_gone_or_come_is_a_complaint(self):
        self.assertEqual(len(self.complaints({"await": (100.0, 2.0), "get": (300.0, 0.0)})), 2)


class Names(unittest.TestCase):
    def test_arguments_are_left_out(self):
        self.assertEqual(count_instructions.short("a::B<C<int>, (d)0>::f(E<F> const&) const"), "a::B::f")

    def test_unnamed_namespaces_and_clones_stay(self):
        self.assertEqual(count_instructions.short("(anonymous namespace)::f(int) [clone .resume]"),
                         "(anonymous namespace)::f [clone .resume]")


if __name__ == "__main__":
    unittest.main()
