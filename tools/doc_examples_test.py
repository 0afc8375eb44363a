#!/usr/bin/env python3
"""What doc_examples.py and doc_promises.py accept, refuse and rewrite."""

import pathlib
import tempfile
import unittest

import doc_examples
import doc_promises

HEADER = """\
/// Opens once.
class Gate {
 public:
  /// Waits until it is open.
  ///
  /// Suspends:  only while it is
  ///            closed.
  /// Resumes:   on the waiter's own scheduler.
  /// Cancelled: throws CancelledError.
  /// Threads:   any.
  /// Lifetime:  the gate must outlive its waiters (docs/lifetimes.md).
  template <class T>
    requires(Clock<T> &&
             !Slow<T>)
  [[nodiscard]] Wait wait(T clock) noexcept;
};

/// Not a promise.
void open(Gate& gate);
"""

PAGE = """\
# Gate

<!-- promises of Gate::wait -->
- Suspends: only while it is closed.
- Resumes: on the waiter's own scheduler.
- Cancelled: throws CancelledError.
- Threads: any.

Lifetime: the gate must outlive its waiters ([lifetimes](lifetimes.md)).
<!-- end of promises -->
"""

PROGRAM = """\
```cpp program
#include <iostream>
int main() { std::cout << "open\\n"; }
```

It prints:

```text output
open
```
"""


class PromisesTest(unittest.TestCase):
    promises = doc_promises.of_header(HEADER)

    def test_what_the_header_says_is_found_under_the_name_of_the_member(self):
        self.assertEqual(list(self.promises), ["Gate::wait"])
        self.assertEqual(self.promises["Gate::wait"][0], ("Suspends", "only while it is closed."))

    def test_a_page_that_agrees_stays_as_it_is(self):
        self.assertEqual(doc_promises.rewrite(PAGE, self.promises), (PAGE, []))

    def test_a_page_that_differs_is_rewritten(self):
        for was, now in [("Threads: any", "Threads: one"), ("- Threads: any.\n", ""), ("outlive", "survive")]:
            self.assertEqual(doc_promises.rewrite(PAGE.replace(was, now), self.promises), (PAGE, []))

    def test_a_name_that_no_header_has_is_reported(self):
        self.assertEqual(doc_promises.rewrite(PAGE.replace("::wait", "::open"), self.promises)[1], ["Gate::open"])

    def test_a_header_has_all_five_in_their_order(self):
        for was, now in [("Threads:   any.", "any."), ("Threads:", "Resumes:")]:
            with self.assertRaisesRegex(ValueError, "Gate::wait"):
                doc_promises.of_header(HEADER.replace(was, now))


class CheckTest(unittest.TestCase):
    """The whole check, in a repository of its own."""

    def complaints(self, page=PAGE, header=HEADER, update=False, header_path="include/gate.hpp"):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / header_path).parent.mkdir(parents=True)
            (root / header_path).write_text(header, encoding="utf-8")
            (root / "page.md").write_text(page, encoding="utf-8")
            kept, doc_examples.ROOT = doc_examples.ROOT, root
            try:
                found = doc_examples.check([root / "page.md"], update)
            finally:
                doc_examples.ROOT = kept
            self.page = (root / "page.md").read_text(encoding="utf-8")
            return "\n".join(found)

    def test_nothing_is_found_where_page_and_header_agree(self):
        self.assertEqual(self.complaints(), "")

    def test_a_promise_that_differs_fails_and_names_the_remedy(self):
        page = PAGE.replace("closed", "shut")
        self.assertRegex(self.complaints(page), "page.md: promises differ .* --update")
        self.assertEqual(self.page, page)

    def test_an_update_mends_it(self):
        self.assertEqual(self.complaints(PAGE.replace("closed", "shut"), update=True), "")
        self.assertEqual(self.page, PAGE)

    def test_promises_that_no_page_has_fail(self):
        self.assertRegex(self.complaints("# Gate\n"), "no page has the promises of 'Gate::wait'")

    def test_a_part_of_a_file_is_compared_with_the_file(self):
        good = PAGE + "```cpp from include/gate.hpp\nclass Gate {\n public:\n```\n"
        self.assertEqual(self.complaints(good), "")
        self.assertRegex(self.complaints(good.replace("public", "private")), "page.md:12: .* does not contain this")


    def test_an_example_in_a_public_header_is_compared_with_the_file_that_it_names(self):
        page = PAGE + "```cpp wrong\nopen();\n```\n"
        good = "/// Opens. From page.md:\n///\n///     open();\nint open();\n\n" + HEADER
        for header, error in [(good, "^$"), (good.replace("open();\nint", "shut();\nint"), "page.md does not contain"),
                              (good.replace("From page.md:", "So:"), "gate.hpp:3: an example must name its file")]:
            self.assertRegex(self.complaints(page, header, header_path="include/mtaio/gate.hpp"), error)


class HeaderTest(unittest.TestCase):
    def found(self, comment):
        return [(line, path, text.split()) for line, path, text in doc_examples.header_examples(comment)]

    def test_an_example_is_what_is_indented_and_the_line_before_names_its_file(self):
        comment = "/// Opens once. From docs/gate.md:\n///\n///     open();\n///\n///     close();\n///\n/// More.\n"
        self.assertEqual(self.found("\n" + comment), [(4, "docs/gate.md", ["open();", "close();"])])

    def test_one_that_names_no_file_is_found_too(self):
        self.assertEqual(self.found("/// Opens once.\n///\n///     open();\nint open();\n"), [(3, None, ["open();"])])

    def test_the_indented_lines_of_a_promise_are_not_an_example(self):
        self.assertEqual(self.found(HEADER), [])


class SplitTest(unittest.TestCase):
    def test_a_program_is_compiled_as_printed_and_compared_with_its_output(self):
        files = doc_examples.split("docs/gate.md", PROGRAM)
        program = '#line 2 "docs/gate.md"\n#include <iostream>\nint main() { std::cout << "open\\n"; }\n'
        self.assertEqual(files, {"docs_gate_program_1.cpp": program, "docs_gate_program_1.expected": "open\n"})

    def test_a_program_without_its_output_is_refused(self):
        with self.assertRaisesRegex(doc_examples.Wrong, "docs/gate.md:2: .*text output"):
            doc_examples.split("docs/gate.md", PROGRAM.replace("text output", "text"))

    def test_examples_get_the_preamble_of_their_page_and_nothing_else(self):
        page = "```cpp preamble\n#include <a.hpp>\nint one();\n```\n\n```cpp\none();\n```\n\n```cpp file\nint two();\n```\n"
        text = doc_examples.split("docs/gate.md", page)["docs_gate.cpp"]
        self.assertEqual(text.count("#include"), 1)
        self.assertLess(text.index("int one()"), text.index("co_return"))
        self.assertIn('#line 7 "docs/gate.md"\none();\n', text)

    def test_statements_without_a_preamble_are_refused(self):
        with self.assertRaisesRegex(doc_examples.Wrong, "gate.md:2: .*preamble"):
            doc_examples.split("gate.md", "```cpp\none();\n```\n")

    def test_a_mistake_is_not_compiled_and_an_unknown_kind_is_refused(self):
        self.assertEqual(doc_examples.split("gate.md", "```cpp wrong\none(\n```\n"), {})
        with self.assertRaisesRegex(doc_examples.Wrong, "'right' is not a kind of example"):
            doc_examples.split("gate.md", "```cpp right\none();\n```\n")


if __name__ == "__main__":
    unittest.main()
