#!/usr/bin/env python3
"""Checks the documentation against the code: examples compile and run as printed, promises are those of the headers.

    doc_examples.py split FOLDER    write the examples into FOLDER as C++ files, for examples/CMakeLists.txt to build
    doc_examples.py check           compare each copied part, on a page or in a header, with the file that it is part of
    doc_examples.py --update        the same, and rewrite the promises (tools/doc_promises.py)

The words after `cpp` in the opening fence give the kind of an example:

    ```cpp program       a whole program. It is compiled alone, and prints the ```text output block that follows it
    ```cpp preamble      the includes and functions that the other examples of this page use, except programs
    ```cpp file          declarations. All of a page are compiled together, after its preamble
    ```cpp               statements. They are compiled after the preamble too, each block in its own coroutine
    ```cpp from PATH     a part of a file of this repository, word for word
    ```cpp wrong         a mistake; not compiled

An example in the comment of a public header is indented, and must be a part of a file, word for word. The line before
it names the file:

    /// From docs/latch.md:
    ///
    ///     const bool in_time = co_await ready.wait(5s);

The tool adds no code that the page does not print. Compilers report errors at the line of the page.
"""

import argparse
import pathlib
import re
import sys

import doc_promises

ROOT = pathlib.Path(__file__).resolve().parent.parent

# An example need not use all of the preamble, and two examples may use the same name. A main() in an example is in a
# namespace, so it is not the function that may end without a return.
LENIENCY = "".join(f'#pragma GCC diagnostic ignored "-W{warning}"\n' for warning in (
    "shadow", "unused-variable", "unused-but-set-variable", "unused-function", "return-type"))
LENIENCY += '#ifndef __clang__\n#pragma GCC diagnostic ignored "-Wsubobject-linkage"\n#endif\n'

BLOCK = re.compile(r"^```cpp([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"(?:(?!^```cpp).)*?^```text output\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDE = re.compile(r"^#include.*$", re.MULTILINE)


class Wrong(Exception):
    """An error on a page; the message begins with its place."""


def all_pages():
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def examples(content):
    """(line, kind, text, end) of every example in a page."""
    for block in BLOCK.finditer(content):
        line = content.count("\n", 0, block.start(2)) + 1
        yield line, block[1].strip(), block[2], block.end()


def header_examples(content):
    """(line, path, text) of every example in the comments of a header; the path is None where no line names one."""
    for comment in doc_promises.COMMENT.finditer(content):
        first = content.count("\n", 0, comment.start()) + 1
        lines = re.sub(r"^[ \t]*///[ ]?", "", comment[0], flags=re.MULTILINE)
        # Indented lines after an empty line, with the line before that.
        for block in re.finditer(r"^(.*)\n\n((?:[ ]{4}.*\n|\n(?=[ ]{4}))+)", lines, re.MULTILINE):
            source = re.search(r"\bFrom (\S+):$", block[1])
            yield first + lines.count("\n", 0, block.start(2)), source and source[1], block[2]


def split(name, content):
    """{file name: text} of the C++ files made from the page called `name`. Raises Wrong."""
    stem = re.sub(r"\W", "_", name.removesuffix(".md")).lower()
    files, includes, preamble, parts, bare, programs = {}, "", "", "", None, 0
    for line, kind, text, end in examples(content):
        where = f"{name}:{line}"
        if kind == "program":
            output = OUTPUT.match(content, end)
            if not output:
                raise Wrong(f"{where}: a program must be followed by a block ```text output with what it prints")
            programs += 1
            program = f"{stem}_program_{programs}"
            files[f"{program}.cpp"] = f'#line {line} "{name}"\n{text}'
            files[f"{program}.expected"] = output[1]
        elif kind in ("", "file", "preamble"):
            includes += "".join(f"{include}\n" for include in INCLUDE.findall(text))
            # An empty line in the place of each #include keeps the line numbers.
            code = INCLUDE.sub("", text)
            code = f'#line {line} "{name}"\n{code}'
            if not kind:
                bare = bare or where
                parts += f"namespace example_{line} {{\nmtaio::Task<void> example() {{\n{code}co_return;\n}}\n}}\n"
            elif kind == "file":
                parts += f"namespace example_{line} {{\n{code}}}\n"
            elif preamble or parts:
                raise Wrong(f"{where}: a page may have one preamble, before the examples that need it")
            else:
                preamble = code
        elif kind != "wrong" and not kind.startswith("from "):
            raise Wrong(f"{where}: '{kind}' is not a kind of example; tools/doc_examples.py has the list")
    if bare and not preamble:
        raise Wrong(f"{bare}: statements need a preamble on their page that includes what they use")
    if parts or preamble:
        files[f"{stem}.cpp"] = f"{includes}{LENIENCY}namespace {stem} {{\n{preamble}{parts}}}\n"
    return files


def write_examples(folder, pages):
    files = {}
    for page in pages:
        files |= split(str(page.relative_to(ROOT)), page.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        # A file that is not written again is not compiled again.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def without_indentation(text):
    return "\n".join(line.strip() for line in text.splitlines())


def is_part_of(path, text):
    """Whether a file of this repository contains `text`, word for word."""
    path = ROOT / path
    return path.exists() and without_indentation(text) in without_indentation(path.read_text(encoding="utf-8"))


def check_copies(name, content):
    """Errors in the parts of files that a page copies."""
    for line, kind, text, _ in examples(content):
        path = kind.removeprefix("from ")
        if path != kind and not is_part_of(path, text):
            yield f"{name}:{line}: {path} does not contain this"


def check_header(name, content):
    """Errors in the examples of a header's comments."""
    for line, path, text in header_examples(content):
        if not path:
            yield f"{name}:{line}: an example must name its file, with a line such as 'From docs/latch.md:' before it"
        elif not is_part_of(path, text):
            yield f"{name}:{line}: {path} does not contain this"


def check(pages, update):
    promises = doc_promises.of_headers(ROOT)
    complaints, quoted = [], set()
    for page in pages:
        name, content = str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")
        complaints += check_copies(name, content)
        current, unknown = doc_promises.rewrite(content, promises)
        complaints += [f"{name}: no header has the promises of '{each}'" for each in unknown]
        quoted |= doc_promises.quoted(content)
        if current != content and update:
            page.write_text(current, encoding="utf-8")
        elif current != content:
            complaints.append(f"{name}: promises differ from those of the headers; run tools/doc_examples.py --update")
    for header in sorted([*ROOT.glob("include/mtaio/*.hpp"), *ROOT.glob("include/mtaio/testing/*.hpp")]):
        complaints += check_header(str(header.relative_to(ROOT)), header.read_text(encoding="utf-8"))
    complaints += [f"no page has the promises of '{name}'" for name in sorted(promises.keys() - quoted)]
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", choices=["split", "check"], default="check")
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="where `split` writes the C++ files")
    parser.add_argument("--update", action="store_true", help="rewrite the promises on the pages")
    arguments = parser.parse_args()
    if arguments.command == "split":
        if not arguments.folder:
            parser.error("split needs a folder")
        try:
            write_examples(arguments.folder, all_pages())
        except Wrong as wrong:
            sys.exit(str(wrong))
    else:
        sys.exit("\n".join(check(all_pages(), arguments.update)) or 0)


if __name__ == "__main__":
    main()
