#!/usr/bin/env python3
"""Makes one C++ file of the examples in the documentation, so that a build shows whether they compile.

What follows the word `cpp` behind the opening fence says what an example is:

    ```cpp               statements, to stand in a coroutine
    ```cpp file          declarations, or a whole program
    ```cpp from PATH     a part of a file of this repository, word for word
    ```cpp wrong         a mistake; not compiled

They may use what PRELUDE declares. Errors are reported at the line of the page.
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Examples are too short to use everything, name things as their neighbours do, and are not alone in having a main().
LENIENCY = "".join(f'#pragma GCC diagnostic ignored "-W{warning}"\n' for warning in (
    "shadow", "unused-variable", "unused-but-set-variable", "unused-function", "return-type"))
LENIENCY += '#ifndef __clang__\n#pragma GCC diagnostic ignored "-Wsubobject-linkage"\n#endif\n'

PRELUDE = """\
using namespace std::chrono_literals;
mtaio::Task<std::string> fetch(std::string url);
std::string read_file(std::string path);
mtaio::Task<void> serve();
mtaio::Task<int> compute();
void use(const auto&...) {}
extern std::vector<std::string> urls;
extern std::vector<std::string> paths;
extern mtaio::TaskExecutor executor;
"""

HEADERS = ["atomic", "chrono", "cmath", "filesystem", "functional", "iostream", "memory", "numeric", "optional",
           "ranges", "stdexcept", "stop_token", "string", "thread", "utility", "vector"]

BLOCK = re.compile(r"^```cpp([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page):
    """(line, kind, text) of every example in `page`."""
    content = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(content):
        line = content.count("\n", 0, block.start(2)) + 1
        yield line, block[1].strip(), block[2]


def without_indentation(text):
    return "\n".join(line.strip() for line in text.splitlines())


def compiled(page, number, line, kind, text):
    """The example as C++ code."""
    includes = "".join(re.findall(r"^#include.*\n", text, re.MULTILINE))
    code = re.sub(r"^#include.*$", "", text, flags=re.MULTILINE)
    if not kind:
        code = f"mtaio::Task<void> example() {{\n#line {line} \"{page}\"\n{code}co_return;\n}}\n"
    return includes, f"namespace example_{number} {{\n{PRELUDE}#line {line} \"{page}\"\n{code}}}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the C++ file")
    parser.add_argument("pages", nargs="+", type=pathlib.Path, metavar="page", help="a Markdown file")
    arguments = parser.parse_args()

    headers = "".join(f"#include <{header}>\n" for header in HEADERS)
    body = ""
    number = 0
    for page in arguments.pages:
        for line, kind, text in examples(page):
            where = f"{page}:{line}"
            if kind == "wrong":
                continue
            if kind.startswith("from "):
                source = (ROOT / kind.removeprefix("from ")).read_text(encoding="utf-8")
                if without_indentation(text) not in without_indentation(source):
                    sys.exit(f"{where}: this is not what stands in {kind.removeprefix('from ')}")
                continue
            if kind not in ("", "file"):
                sys.exit(f"{where}: '{kind}' is no kind of example; tools/doc_examples.py says which there are")
            number += 1
            includes, code = compiled(page, number, line, kind, text)
            headers += includes
            body += code
    arguments.output.write_text(f"#include <mtaio/core.hpp>\n{headers}{LENIENCY}{body}", encoding="utf-8")


if __name__ == "__main__":
    main()
