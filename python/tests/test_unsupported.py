"""Where mtaio cannot be used it gives a reason, when it is built or when it is imported."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap

import interpreters
import pytest

import mtaio

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python/backend"))
import mtaio_unsupported  # noqa: E402

HERE = {"system": "linux", "bits": 64, "implementation": "CPython", "version": (3, 12), "free_threaded": False}


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), **environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


# --- When it is built ---


def test_a_supported_python_is_not_refused():
    for version in interpreters.claimed_versions():
        assert mtaio_unsupported.reason(**{**HERE, "version": tuple(map(int, version.split(".")))}) is None


@pytest.mark.parametrize(
    "difference, sentence",
    [
        ({"system": "darwin"}, r"runs on Linux only, not on darwin: .*; use it on Linux"),
        ({"system": "win32"}, r"runs on Linux only, not on win32"),
        ({"bits": 32}, r"64-bit platform, and this is a Python of 32 bits; use "),
        ({"implementation": "PyPy"}, r"this is PyPy; use CPython 3.11 to 3.13"),
        ({"version": (3, 10)}, r"supports CPython 3.11 to 3.13, and this is 3.10: .*; use one of them"),
        ({"version": (3, 14)}, r"supports CPython 3.11 to 3.13, and this is 3.14: .*; use one of them"),
        ({"free_threaded": True}, r"needs the GIL, .* free-threaded build of Python 3.12; use the ordinary build"),
    ],
)
def test_an_unsupported_python_is_refused_with_a_reason(difference, sentence):
    assert re.search(sentence, mtaio_unsupported.reason(**{**HERE, **difference}))


def test_setup_gives_the_reason_before_it_compiles_anything():
    done = python("import sys; sys.version_info = (3, 14, 0, 'final', 0); exec(compile(open('setup.py').read(), 'setup.py', 'exec'), {'__file__': 'setup.py'})")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("use one of them.") and "this is 3.14" in done.stderr and done.stdout == ""


def test_the_versions_of_all_files_agree():
    versions = [tuple(map(int, version.split("."))) for version in interpreters.claimed_versions()]
    assert (versions[0], versions[-1]) == (mtaio_unsupported.OLDEST, mtaio_unsupported.NEWEST)
    past = (versions[-1][0], versions[-1][1] + 1)
    assert 'requires-python = ">=%d.%d,<%d.%d"' % (versions[0] + past) in (ROOT / "pyproject.toml").read_text()
    header = (ROOT / "python/include/mtaio/python/supported.hpp").read_text()
    assert "PY_VERSION_HEX < 0x%02X%02X0000 || PY_VERSION_HEX >= 0x%02X%02X0000" % (versions[0] + past) in header


@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
@pytest.mark.parametrize(
    "options, sentence",
    [
        (["-DPY_VERSION_HEX=0x030A0FF0"], "mtaio supports CPython 3.11 to 3.13"),
        (["-DPY_VERSION_HEX=0x030E00F0"], "mtaio supports CPython 3.11 to 3.13"),
        (["-DPY_VERSION_HEX=0x030D00F0", "-DPy_GIL_DISABLED=1"], "mtaio needs the GIL"),
        (["-DPY_VERSION_HEX=0x030B02F0", '-DPYPY_VERSION="7.3.11"'], "this is PyPy"),
        (["-DPY_VERSION_HEX=0x030B02F0", "-U__linux__"], "mtaio runs on Linux only"),
        (["-DPY_VERSION_HEX=0x030C01F0", "-DMTAIO_COMPILED_FOR_PYTHON=0x30b"], "is for another version of Python"),
        (["-DPY_VERSION_HEX=0x030B02F0", "-DMTAIO_COMPILED_FOR_PYTHON=0x30b"], None),
    ],
)
def test_the_compiler_gives_the_reason_too(options, sentence, tmp_path):
    (tmp_path / "Python.h").touch()  # the options replace its content
    header = ROOT / "python/include/mtaio/python/supported.hpp"
    command = ["g++", "-E", "-x", "c++", f"-I{tmp_path}", *options, header]
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # a sanitizer's
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode == 0) is (sentence is None), done.stderr
    assert sentence is None or sentence in done.stderr


# --- When it is imported ---


@pytest.mark.parametrize("others", [[], ["_core.cpython-399-x86_64-linux-gnu.so"]])
def test_the_error_for_a_folder_without_the_core_for_this_python_lists_the_cores_it_has(tmp_path, others):
    for file in pathlib.Path(mtaio.__file__).parent.glob("*.py"):
        (tmp_path / "mtaio").mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / "mtaio")
    for other in others:
        (tmp_path / "mtaio" / other).touch()
    done = python(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import mtaio.core")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: mtaio was not compiled for this Python: its folder has no _core")
    assert sysconfig.get_config_var("EXT_SUFFIX") in last and all(other in last for other in others)
    assert last.endswith("install the package with the pip of the Python that is to use it.")


SUBINTERPRETERS = """
    try:
        import _interpreters
    except ImportError:
        import _xxsubinterpreters as _interpreters

    def run(isolated, code):
        # 3.13 returns a description of the exception; older versions raise an exception of their own.
        if hasattr(_interpreters, "exec"):
            interpreter = _interpreters.create("isolated" if isolated else "legacy")
        else:
            interpreter = _interpreters.create(isolated=isolated)
        try:
            error = _interpreters.run_string(interpreter, code)
            text = getattr(error, "formatted", None)
        except _interpreters.RunFailedError if hasattr(_interpreters, "RunFailedError") else () as error:
            text = str(error)
        _interpreters.destroy(interpreter)
        return text
"""


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("first", ["main", "subinterpreter"])
def test_importing_the_package_in_a_subinterpreter_is_an_error(first, isolated):
    done = python(
        SUBINTERPRETERS
        + f"""
    if {first == "main"}:
        import mtaio.core
    for _ in range(2):
        text = run({isolated}, "import mtaio.core")
        assert "ImportError" in text, text
        assert "this is a subinterpreter" in text and "use it in another process instead" in text, text
    import asyncio, mtaio.core
    assert asyncio.run(mtaio.core.TaskExecutor().run_in_thread(abs, -1)) == 1
    print("done")
    """
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize("first", ["main", "subinterpreter"])
def test_using_an_extension_in_a_subinterpreter_is_an_error(first):
    pytest.importorskip("bridge_example")
    done = python(
        SUBINTERPRETERS
        + f"""
    import asyncio
    if {first == "main"}:
        import bridge_example
        assert asyncio.run(bridge_example.add_slowly(1, 2, 0)) == 3
        bridge_example.make_queue(1)
    for call in ("add_slowly(1, 2, 0)", "make_queue(1)"):
        text = run(False, "import bridge_example; bridge_example." + call)
        assert "RuntimeError" in text and "this is a subinterpreter" in text, text
    import bridge_example
    async def main():
        return await bridge_example.add_slowly(1, 2, 0)
    assert asyncio.run(main()) == 3
    print("done")
    """
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
