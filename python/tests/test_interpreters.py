"""The interpreters for the tests: each claimed version that works, and why another one does not."""

import interpreters
import pytest


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with no Python but Debian's; gives a function that adds one."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))

    def add(where, script):
        path = tmp_path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return add


def answer(path, version, kind="CPython", headers=True, with_gil=True):
    return f"printf '{path}\\t{version.rpartition('.')[0]}\\t{version}\\t{kind}\\t{headers}\\t{with_gil}\\n'"


def test_the_versions_are_those_of_the_classifiers():
    assert interpreters.claimed_versions() == ["3.11", "3.12", "3.13"]


def test_a_version_that_is_not_found_is_said_to_be_missing(machine):
    assert interpreters.find("3.99") == (None, "not found on this machine")


def test_a_shim_that_does_not_work_is_not_an_interpreter(machine):
    shim = machine("bin/python3.99", "echo 'pyenv: python3.99: command not found' >&2; exit 127")
    assert interpreters.find("3.99") == (None, f"{shim} does not run: pyenv: python3.99: command not found")


def test_the_newest_python_of_pyenv_is_found_behind_a_shim_that_does_not_work(machine):
    machine("bin/python3.99", "exit 127")
    for version in ("3.99.9", "3.99.10"):
        machine(f"pyenv/versions/{version}/bin/python3.99", answer(f"/{version}", version))
    assert interpreters.find("3.99") == ("/3.99.10", "3.99.10")


def test_an_interpreter_in_the_path_comes_before_those_of_pyenv(machine):
    machine("bin/python3.99", answer("/real", "3.99.1"))
    machine("pyenv/versions/3.99.2/bin/python3.99", answer("/other", "3.99.2"))
    assert interpreters.find("3.99") == ("/real", "3.99.1")


@pytest.mark.parametrize(
    "trait, reason",
    [({"kind": "PyPy"}, "is PyPy"), ({"headers": False}, "has no Python.h"), ({"with_gil": False}, "is free-threaded")],
)
def test_an_interpreter_that_cannot_be_built_for_is_passed_over(machine, trait, reason):
    path = machine("bin/python3.99", answer("/real", "3.99.1", **trait))
    assert interpreters.find("3.99") == (None, f"{path} {reason}")


def test_an_interpreter_of_another_version_under_the_name_is_not_used(machine):
    machine("bin/python3.99", answer("/real", "3.98.1"))
    assert interpreters.find("3.99")[0] is None
