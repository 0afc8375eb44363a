#!/usr/bin/env python3
"""Finds an interpreter for every version of Python that pyproject.toml claims.

Prints a line for each: the version, a tab, and either the interpreter's path, a tab and its full version, or "-", a tab
and why there is none. Debian's /usr/bin/python3 is tried first, then pythonX.Y in the folders of PATH, then those that
pyenv has installed, the newest first. One that does not run (a shim of pyenv for a version that is not active, say),
has no headers, is not CPython or runs without the GIL is passed over.
"""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# The path of the interpreter itself, so that a shim or a link does not count as another one.
QUESTION = """
import pathlib, platform, sys, sysconfig
headers = pathlib.Path(sysconfig.get_path("include"), "Python.h").exists()
with_gil = not sysconfig.get_config_var("Py_GIL_DISABLED")
print(sys.executable, "%d.%d" % sys.version_info[:2], platform.python_version(), platform.python_implementation(),
      headers, with_gil, sep="\\t")
"""


def claimed_versions():
    """["3.11", ...], from the classifiers of pyproject.toml."""
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text())


def pyenv_folder():
    return pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")


def candidates(version):
    """Where an interpreter of that version might be."""
    yield pathlib.Path("/usr/bin/python3")
    for folder in os.get_exec_path():
        yield pathlib.Path(folder, f"python{version}")
    installed = pyenv_folder().glob(f"versions/{version}.*/bin/python{version}")
    yield from sorted(installed, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parts[-3])], reverse=True)


def find(version):
    """(path, full version), or (None, why not)."""
    reason = "not found on this machine"
    for path in candidates(version):
        if not os.access(path, os.X_OK):
            continue
        try:
            done = subprocess.run([path, "-c", QUESTION], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = f"{path} cannot be run: {error}"
            continue
        if done.returncode != 0:
            reason = f"{path} does not run: {(done.stderr.strip() or f'exit status {done.returncode}').splitlines()[0]}"
            continue
        real, of_version, full, kind, headers, with_gil = done.stdout.strip().split("\t")
        if of_version != version:
            continue  # /usr/bin/python3 of another version
        if kind != "CPython":
            reason = f"{path} is {kind}"
        elif with_gil != "True":
            reason = f"{path} is free-threaded"
        elif headers != "True":
            reason = f"{path} has no Python.h"
        else:
            return real, full
    return None, reason


def main():
    for version in claimed_versions():
        path, text = find(version)
        print(version, path or "-", text, sep="\t")


if __name__ == "__main__":
    main()
