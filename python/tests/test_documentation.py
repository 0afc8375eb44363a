"""Each program in the documentation and in examples/python runs by itself, as a reader would run it."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted((ROOT / "examples/python").glob("*.py"))


def blocks():
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]):
        content = page.read_text()
        for block in re.finditer(r"^```python\n(.*?)^```$", content, re.MULTILINE | re.DOTALL):
            line = content.count("\n", 0, block.start(1))
            # Errors are reported at the line of the page.
            yield pytest.param("\n" * line + block[1], id=f"{page.relative_to(ROOT)}:{line + 1}")


def run(path, folder):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    command = [sys.executable, "-X", "dev", "-W", "error", path]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("code", blocks())
def test_a_program_of_the_documentation_runs(code, tmp_path):
    (tmp_path / "program.py").write_text(code)
    done = run(tmp_path / "program.py", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_prints_what_is_expected(example, tmp_path):
    done = run(example, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == example.with_suffix(".expected").read_text()


def test_the_page_lists_every_example():
    page = (ROOT / "docs/python.md").read_text()
    assert len(EXAMPLES) >= 5 and all(f"(../examples/python/{example.name})" in page for example in EXAMPLES)
