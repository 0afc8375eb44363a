#!/usr/bin/env python3
"""Tests of tools/mutants.py and tools/mutation/places.py."""

import argparse
import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest
import unittest.mock

import mutants
from mutation.places import Places

CHOSEN = pathlib.Path(__file__).parent / "mutation" / "chosen.hpp"


def places(source, first=0):
    return Places("code.cpp", textwrap.dedent(source), ["-std=c++20"], first)


class Finding(unittest.TestCase):
    def found(self, source):
        return [each.what for each in places(source).mutants]

    def test_a_condition_and_what_is_in_it(self):
        self.assertCountEqual(self.found("int f(int a) { if (a < 7) return a; return -a; }"),
                              ["negate a < 7", "< -> <=", "7 -> 7 + 1"])

    def test_statements_and_their_order(self):
        self.assertCountEqual(self.found("void g(int); void f(int& a) { ++a; g(a); }"),
                              ["++ -> --", "delete ++a;", "delete g(a);", "swap with g(a);"])

    def test_assignments_that_do_not_depend_on_each_other_are_not_swapped(self):
        self.assertCountEqual(self.found("void f(int& a, int& b, int c) { a = c; b = c; b = a; }"),
                              ["delete a = c;", "delete b = c;", "delete b = a;", "swap with b = a;"])

    def test_what_is_only_fetched_ahead_is_left_alone(self):
        self.assertEqual(self.found("""
            void f(const int* a) { __builtin_prefetch(a + 1); }
            template <class T> void f(T* a) { __builtin_prefetch(a + 1); }"""), [])

    def test_texts_are_not_subtracted(self):
        self.assertEqual(self.found("""
            struct Text { Text(const char*); friend Text operator+(Text, Text); };
            template <class T> Text f(T a) { return "a" + Text{a} + "b"; }"""), [])

    def test_a_template_that_is_instantiated_counts_once(self):
        self.assertCountEqual(
            self.found("template <class T> T f(T a, T b) { return a % b; } template int f(int, int);"), ["% -> /"])

    def test_an_enumerator_becomes_the_next_one(self):
        self.assertCountEqual(self.found("enum class E { kA, kB }; E f() { return E::kB; }"), ["kB -> kA"])

    def test_a_comparison_that_is_made_out_of_another(self):
        self.assertIn("!= -> ==", self.found("""
            struct A { bool operator==(const A&) const; };
            bool f(A a, A b) { return a != b; }"""))

    def test_what_the_compiler_evaluates_is_left_alone(self):
        self.assertEqual(self.found("""
            constexpr int kA = 1 + 2;
            enum { kB = 3 };
            template <int N = 4> struct S {};
            static_assert(kA == 3);
            S<5> s;
            template <int N> int g();
            template <int N> int f() { if constexpr (N > 6) return g<N - 1>(); return g<N>(); }"""), [])

    def test_what_a_macro_is_made_of_is_left_alone(self):
        self.assertCountEqual(self.found("""
            #define SMALL(a) ((a) < 7 && !((a) == 3))
            bool f(int a) { if (SMALL(a + 1)) return true; return a > 9; }"""),
                              ["negate SMALL(a + 1)", "true -> false", "negate a > 9", "> -> >=", "9 -> 9 + 1"])

    def test_what_is_included_is_left_alone(self):
        self.assertEqual(self.found("#include <utility>\n"), [])

    def test_a_place_keeps_its_key_when_lines_above_it_change(self):
        source = "bool f(bool a) { return true; }"
        self.assertEqual(places(source).mutants[0].key, places("int b;\n\n" + source).mutants[0].key)

    def test_places_that_look_the_same_are_told_apart(self):
        keys = [each.key for each in places("""
            int f(bool a) {
              if (a) return 1;
              a = !a;
              if (a) return 1;
              return 2;
            }""").mutants]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertIn("code.cpp | f | if (a) return 1; | 1 -> 1 + 1 (2)", keys)

    def test_what_does_not_compile_is_an_error(self):
        with self.assertRaises(ValueError):
            places("int f() { return }")


class Rewriting(unittest.TestCase):
    """Rewrites a program, compiles it and runs each mutant of it."""
    SOURCE = """\
        #include <cstdio>
        bool both(bool a, bool b) { return a && b; }
        int count(int to) {
          int sum = 0;
          for (int i = 0; i < to; ++i) {
            if (both(i > 1, i != 3) || i == 0) continue;
            ++sum;
            sum = 2 * sum;
          }
          return sum;
        }
        int main() { std::printf("%d", count(5)); }
        """

    @classmethod
    def setUpClass(cls):
        cls.places = places(cls.SOURCE)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        source = pathlib.Path(cls.folder.name) / "code.cpp"
        source.write_text(cls.places.rewritten())
        cls.program = source.with_suffix("")
        subprocess.run([mutants.COMPILER, "-std=c++20", "-include", CHOSEN, source, "-o", cls.program], check=True)

    def printed(self, variables):
        return subprocess.run([self.program], env=variables, check=True, capture_output=True, text=True).stdout

    def printed_by(self, what):
        number = [each.what for each in self.places.mutants].index(what)
        return self.printed({"MTAIO_MUTANT": str(number)})

    def test_without_a_mutant_it_does_what_it_did(self):
        self.assertEqual(self.printed({}), "6")

    def test_an_operator_changes(self):
        self.assertEqual(self.printed_by("&& -> ||"), "0")

    def test_a_statement_goes(self):
        self.assertEqual(self.printed_by("delete continue;"), "62")
        self.assertEqual(self.printed_by("delete ++sum;"), "0")

    def test_statements_change_places(self):
        self.assertEqual(self.printed_by("swap with sum = 2 * sum;"), "3")

    def test_a_condition_is_negated(self):
        self.assertEqual(self.printed_by("negate both(i > 1, i != 3) || i == 0"), "14")

    def test_it_is_known_what_was_reached(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "reached"
            self.assertEqual(self.printed({"MTAIO_MUTANTS_REACHED": str(file)}), "6")
            self.assertEqual(sum(file.read_bytes()), len(self.places.mutants))


class Instrumented(unittest.TestCase):
    """The checker of interleavings sees what the program does, and not the choice of the mutant."""
    OPTIONS = ["-O1", "-fsanitize=thread", "-mllvm", "-tsan-instrument-func-entry-exit=0",
               "-mllvm", "-capture-tracking-max-uses-to-explore=0"]

    def accesses(self, source):
        """{function: how often the checker is called in it}"""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "code.cpp"
            file.write_text(places(source).rewritten())
            printed = subprocess.run([mutants.COMPILER, "-std=c++20", *self.OPTIONS, "-include", CHOSEN, "-S", "-o", "-",
                                      file], check=True, capture_output=True, text=True).stdout
        parts = re.split(r"^(\w+):.*\n", printed, flags=re.MULTILINE)
        counts = {name: len(re.findall(r"call\w*\s+__tsan_(?!init)", code)) for name, code in zip(parts[1::2], parts[2::2])}
        # What runs before main() is not a part of a check.
        return {name: count for name, count in counts.items() if name.startswith("_Z") and "global_var_init" not in name}

    def test_the_choice_is_not_seen(self):
        seen = self.accesses("""
            void g(int); void h(int);
            int f(int a, int b) {
              g(a);
              h(b);
              if (a < b && a != 7) return a + b;
              return ++a % 5;
            }""")
        self.assertEqual(seen["_Z1fii"], 0)
        self.assertEqual(set(seen.values()), {0})

    def test_the_program_is_seen(self):
        seen = self.accesses("int f(int& a, int b) { if (a < b) return a; return b; }")
        self.assertGreaterEqual(seen["_Z1fRii"], 1)


class Judging(unittest.TestCase):
    def program(self, name, reached):
        return mutants.Program(name, [name], pathlib.Path(), seconds=0.1, reached=reached)

    def verdict(self, endings, number=0, first=""):
        programs = [self.program(name, b"\1\0") for name in endings]
        return mutants.verdict(number, programs, first, lambda program, variables, seconds: endings[program.name])

    def test_the_first_program_that_fails_notices_it(self):
        self.assertEqual(self.verdict({"a": "passes", "b": "fails", "c": "hangs"}), ("fails", "b"))

    def test_the_program_that_noticed_it_before_comes_first(self):
        self.assertEqual(self.verdict({"a": "fails", "b": "fails"}, first="b"), ("fails", "b"))

    def test_a_failure_is_doubted_only_where_a_clock_decides(self):
        for clock_decides, runs in ((True, 2), (False, 1)):
            ran = []
            program = mutants.Program("slow", [], pathlib.Path(), clock_decides=clock_decides, reached=b"\1")

            def run_one(*_):
                ran.append(True)
                return "fails"

            with unittest.mock.patch.object(mutants, "SLOW", -1):
                self.assertEqual(mutants.verdict(0, [program], run_one=run_one), ("fails", "slow"))
            self.assertEqual(len(ran), runs)

    def test_a_hang_is_noticed(self):
        self.assertEqual(self.verdict({"a": "hangs"}), ("hangs", "a"))

    def test_a_mutant_that_no_test_notices_survives(self):
        self.assertEqual(self.verdict({"a": "passes"}), ("survives", ""))

    def test_a_mutant_that_no_test_reaches_is_told_apart(self):
        self.assertEqual(self.verdict({"a": "fails"}, number=1), ("unreached", ""))

    def test_test_cases_that_take_long_are_a_part_of_their_own(self):
        printed = "0.000012 s: quick\n2.5 s: slow, and with a comma\n0.9 s: slow\n[doctest] Status: SUCCESS!\n"
        slow = "slow? and with a comma,slow"
        self.assertEqual(mutants.in_parts("queue", printed), [("queue", [f"--test-case-exclude={slow}"]),
                                                              ("queue, slow ones", [f"--test-case={slow}"])])
        self.assertEqual(mutants.in_parts("queue", "0.1 s: quick\n"), [("queue", [])])

    def test_test_cases_that_take_too_long_are_left_out(self):
        self.assertEqual(mutants.in_parts("lock", "0.1 s: quick\n30 s: too slow\n"),
                         [("lock", ["--test-case-exclude=too slow"])])
        self.assertEqual(mutants.in_parts("lock", "1 s: slow\n30 s: too slow\n"),
                         [("lock", ["--test-case-exclude=slow,too slow"]), ("lock, slow ones", ["--test-case=slow"])])

    def test_a_program_that_does_not_end_hangs(self):
        sleeper = mutants.Program("sleeper", ["sleep", "60"], pathlib.Path("/"))
        self.assertEqual(mutants.run(sleeper, {}, 0.2), "hangs")

    def test_a_program_that_crashes_fails(self):
        crash = mutants.Program("crash", ["sh", "-c", "kill -ABRT $$"], pathlib.Path("/"))
        self.assertEqual(mutants.run(crash, {}, 60), "fails")


class Comparing(unittest.TestCase):
    SURVIVED = {"verdict": "survives", "by": ""}
    NOTICED = {"verdict": "fails", "by": "queue"}

    def complaints(self, results, known, existing=("a.cpp | f | x | y",)):
        return list(mutants.complaints(results, known, set(existing)))

    def test_a_survivor_that_is_explained_is_fine(self):
        self.assertEqual(self.complaints({"a.cpp | f | x | y": self.SURVIVED}, {"a.cpp | f | x | y": "why"}), [])

    def test_a_survivor_that_is_not_explained_is_not(self):
        self.assertEqual(self.complaints({"a.cpp | f | x | y": self.SURVIVED}, {}), ["survives: a.cpp | f | x | y"])

    def test_an_explanation_of_one_that_is_noticed_is_not_true(self):
        self.assertEqual(len(self.complaints({"a.cpp | f | x | y": self.NOTICED}, {"a.cpp | f | x | y": "why"})), 1)

    def test_one_that_several_threads_notice_by_chance_is_fine_either_way(self):
        known = {"a.cpp | f | x | y": "Several threads: that meet."}
        self.assertEqual(self.complaints({"a.cpp | f | x | y": self.NOTICED}, known), [])
        self.assertEqual(self.complaints({"a.cpp | f | x | y": self.SURVIVED}, known), [])

    def test_an_explanation_of_one_that_does_not_exist_is_out_of_date(self):
        self.assertEqual(len(self.complaints({}, {"a.cpp | f | old | y": "why"})), 1)

    def test_the_list_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "survivors.toml"
            file.write_text("[[survivors]]\nwhy = '''one\nreason'''\nmutants = ['a', 'b']\n")
            self.assertEqual(mutants.known_survivors(file), {"a": "one reason", "b": "one reason"})
            file.write_text(file.read_text() * 2)
            with self.assertRaises(ValueError):
                mutants.known_survivors(file)


class Choosing(unittest.TestCase):
    def test_a_file(self):
        self.assertEqual(mutants.files_at("src/runtime/idle.cpp"), ["src/runtime/idle.cpp"])

    def test_a_folder(self):
        found = mutants.files_at("src/runtime/")
        self.assertEqual(found, mutants.files_at("src/runtime"))
        self.assertIn("src/runtime/idle.cpp", found)
        self.assertEqual([file for file in found if not file.startswith("src/runtime/")], [])

    def test_a_layer(self):
        found = mutants.files_at("runtime")
        self.assertIn("src/runtime/idle.cpp", found)
        self.assertIn("include/mtaio/runtime.hpp", found)

    def test_nothing(self):
        self.assertEqual(mutants.files_at("src/run"), [])
        self.assertEqual(mutants.files_at("src/interleave"), [])


    def test_not_what_would_reach_other_processes(self):
        key = "a.cpp | f | sched_setaffinity(0, sizeof set, &set); | "
        self.assertTrue(mutants.HARMFUL.fullmatch(key + "0 -> 0 + 1"))
        self.assertFalse(mutants.HARMFUL.fullmatch(key + "delete sched_setaffinity(0, sizeof set, &set);"))


class Drawing(unittest.TestCase):
    def drawn(self, count, before=None, **options):
        all_mutants = places("".join(f"int f{i}() {{ return {i}; }}\n" for i in range(count))).mutants
        arguments = argparse.Namespace(**{"untried": False, "survivors": False, "sample": None, "seed": 3} | options)
        results = {all_mutants[number].key: {"verdict": what} for number, what in (before or {}).items()}
        return mutants.drawn(all_mutants, arguments, results)

    def test_all_unless_something_else_is_asked_for(self):
        self.assertEqual(self.drawn(3, {1: "fails"}), [0, 1, 2])

    def test_the_same_seed_draws_the_same_sample(self):
        self.assertEqual(len(self.drawn(100, sample=10)), 10)
        self.assertEqual(self.drawn(100, sample=10), self.drawn(100, sample=10))

    def test_those_that_were_not_tried_yet(self):
        self.assertEqual(self.drawn(3, {0: "fails", 2: "survives"}, untried=True), [1])

    def test_those_that_were_not_noticed_yet(self):
        self.assertEqual(self.drawn(3, {0: "fails", 2: "survives"}, survivors=True), [1, 2])


if __name__ == "__main__":
    unittest.main()
