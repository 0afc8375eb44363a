#!/usr/bin/env python3
"""Every rule of check_edges.py, with a file that keeps it and one that breaks it."""

import pathlib
import tempfile
import unittest

import check_edges

DECLARATION = """/// A flag.
///
/// set/see   Whatever happened before set() is visible to the thread that sees the flag set.
"""
KEPT = DECLARATION + """
class Flag {
 public:
  void set() { set_.store(true, std::memory_order_release); }  // set/see, the setter
  bool is_set() const {
    // set/see, the other end.
    return set_.load(std::memory_order_acquire);
  }
  bool maybe() const { return set_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> set_{false};
};
"""


class CheckEdgesTest(unittest.TestCase):
    def breaches(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                path = root / "include" / (name + ".hpp")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check_edges.find_breaches(root)

    def assert_breach(self, part, **files):
        breaches = self.breaches(**files)
        self.assertEqual(1, len(breaches), breaches)
        self.assertIn(part, breaches[0])

    def test_orders_that_name_their_edges_are_fine(self):
        self.assertEqual([], self.breaches(flag=KEPT))

    def test_an_order_without_an_edge_is_found(self):
        self.assert_breach("names no edge", flag=KEPT.replace("  // set/see, the setter", ""))

    def test_a_name_five_lines_above_is_too_far(self):
        self.assert_breach("names no edge",
                           flag=KEPT.replace("    // set/see, the other end.\n", "    // set/see\n" + "    f();\n" * 4))

    def test_a_name_four_lines_above_will_do(self):
        self.assertEqual([], self.breaches(
            flag=KEPT.replace("    // set/see, the other end.\n", "    // set/see\n" + "    f();\n" * 3)))

    def test_a_fence_needs_an_edge(self):
        self.assert_breach("asymmetric_fence_light", flag=KEPT, other="void f() { asymmetric_fence_light(); }\n")

    def test_an_order_on_the_second_line_of_a_statement_is_found(self):
        self.assert_breach("flag.hpp:8",
                           flag=KEPT.replace("set_.store(true, std::memory_order_release); }  // set/see, the setter",
                                             "set_.store(true,\n      std::memory_order_release); }"))

    def test_an_edge_that_is_not_declared_is_found(self):
        self.assert_breach("'make/take' is declared neither",
                           flag=KEPT.replace("set/see, the other end", "make/take"))

    def test_an_edge_is_declared_in_a_header_that_is_included(self):
        use = '#include <flag.hpp>\nvoid f() { flag.set_.store(true, std::memory_order_release); }  // set/see\n'
        self.assertEqual([], self.breaches(flag=KEPT, other=use))
        self.assert_breach("other.hpp:2", flag=KEPT, other=use.replace("#include <flag.hpp>", ""))

    def test_an_edge_is_declared_in_a_file_that_includes_the_header(self):
        flag = KEPT.replace(DECLARATION, "")
        self.assertEqual([], self.breaches(flag=flag, user="#include <flag.hpp>\n" + DECLARATION))
        self.assertEqual(2, len(self.breaches(flag=flag)))

    def test_an_edge_that_no_order_names_is_found(self):
        self.assert_breach("no other comment names it",
                           flag=KEPT.replace("/// set/see   ", "/// lost/found   Nothing.\n/// set/see   "))

    def test_an_operation_without_an_order_is_found(self):
        self.assert_breach("gives no memory order",
                           flag=KEPT.replace("set_.load(std::memory_order_relaxed)", "set_.load()"))

    def test_orders_in_comments_do_not_count(self):
        self.assertEqual([], self.breaches(flag=KEPT, other="// memory_order_release would not do\n"))


if __name__ == "__main__":
    unittest.main()
