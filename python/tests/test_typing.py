"""Type hints and documentation, as the users' tools see them."""

import asyncio
import inspect
import json
import os
import pathlib
import pydoc
import shutil
import subprocess
import sys

import pytest

import mtaio.core
import mtaio.exceptions

EXAMPLE = pathlib.Path(__file__).with_name("typing_example.py")
CLASSES = [getattr(module, name) for module in (mtaio.core, mtaio.exceptions) for name in module.__all__]


def run_mypy(tool, *arguments):
    # The package as it was installed or built, without its virtual environment.
    path = pathlib.Path(mtaio.core.__file__).parent.parent
    environment = dict(os.environ, MYPYPATH=str(path))
    done = subprocess.run(
        ["/usr/bin/python3", "-m", tool, *arguments], env=environment, cwd=path, capture_output=True, text=True
    )
    if "No module named mypy" in done.stderr:
        pytest.skip("mypy is not installed")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_typed_throughout(tmp_path):
    run_mypy("mypy", "--strict", f"--cache-dir={tmp_path}", "-p", "mtaio")


def test_the_types_are_those_that_programs_expect(tmp_path):
    run_mypy("mypy", "--strict", "--warn-unused-ignores", f"--cache-dir={tmp_path}", str(EXAMPLE))


def test_pyright_finds_the_same_types(tmp_path):
    pyright = shutil.which("pyright")
    if not pyright:
        pytest.skip("pyright is not installed")
    shutil.copy(EXAMPLE, tmp_path)
    config = {
        "include": [EXAMPLE.name],
        "extraPaths": [str(pathlib.Path(mtaio.core.__file__).parent.parent)],
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "pythonVersion": "3.11",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    done = subprocess.run([pyright, "-p", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_examples_have_no_wrong_types(tmp_path):
    examples = pathlib.Path(__file__).parent.parent.parent / "examples/python"
    # An extension need not have type hints.
    run_mypy("mypy", "--strict", "--ignore-missing-imports", f"--cache-dir={tmp_path}", str(examples))


@pytest.mark.parametrize("cls", CLASSES)
def test_every_public_name_has_a_docstring(cls):
    assert inspect.getdoc(cls)
    for name in dir(cls):
        own = name in vars(cls) or any(name in vars(base) for base in cls.__mro__ if base.__module__.startswith("mtaio"))
        if not name.startswith("_") and own and callable(getattr(cls, name)):
            assert inspect.getdoc(getattr(cls, name)), f"{cls.__name__}.{name}"
            assert inspect.signature(getattr(cls, name))


def test_help_reads_well():
    text = pydoc.plain(pydoc.render_doc(mtaio.core.AsyncQueue))
    assert "put(self, /, item)" in text and "Put an item into the queue; wait while it is full." in text
    assert "class TaskExecutor" in pydoc.plain(pydoc.render_doc(mtaio.core.TaskExecutor))
    assert str(inspect.signature(mtaio.core.AsyncQueue)) == "(maxsize=0)"
    assert str(inspect.signature(mtaio.core.Latch)) == "(count)"


def test_operations_are_coroutines_to_inspect():
    for operation in (mtaio.core.AsyncQueue().get(), mtaio.core.Latch(1).wait()):
        assert inspect.isawaitable(operation) and asyncio.iscoroutine(operation)


def test_errors_can_be_pickled():
    import pickle

    error = pickle.loads(pickle.dumps(mtaio.exceptions.ExecutionError("text", index=3, failures=((3, ValueError()),))))
    assert (str(error), error.index, error.failures[0][0]) == ("text", 3, 3)
