"""Compiles the C++ core into the extension module mtaio._core; pyproject.toml has the rest.

Most of the time is spent in headers. So the files of the library are included into one file and compiled together, and
so are those of the bridge. The files of the module use the same private names; they share a precompiled header. The
result is the same as if each file were compiled by itself, in a third of the time.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "python/backend"))
import mtaio_unsupported  # noqa: E402

reason = mtaio_unsupported.reason()
if reason:
    sys.exit(reason)

from setuptools import Extension, setup  # noqa: E402
from setuptools.command.build_ext import build_ext  # noqa: E402

SECONDS = 20  # of CPU, on a machine of 2020 or so


def files(*folders):
    return sorted(str(file) for folder in folders for file in pathlib.Path().glob(f"{folder}/*.cpp"))


# Everything but the library's simulation.
LIBRARY = [file for file in files("src/*") if not file.startswith("src/testing/")]
BRIDGE = files("python/bridge")
MODULE = files("python/module", "python/module/*")


def joined(sources, compiler):
    # Another compiler makes it another file.
    lines = [f"// {compiler}",
             "#if defined(__GNUC__) && !defined(__clang__)",
             '#pragma GCC diagnostic ignored "-Wsubobject-linkage"  // an anonymous namespace in an included file',
             "#endif"]
    for source in sources:
        lines.append(f'#include "{re.sub("^(src|python)/", "", source)}"')
    return "\n".join(lines) + "\n"


def shared_headers(sources):
    count = collections.Counter()
    for source in sources:
        count.update(re.findall(r"^#include <[^>]+>", pathlib.Path(source).read_text(), re.MULTILINE))
    # Python's own header has to be the first.
    return "\n".join(["#include <mtaio/python/reference.hpp>", *sorted(line for line in count if count[line] > 1)]) + "\n"


class Compilation:
    """Compiles files concurrently, and reports its progress."""

    def __init__(self, compile_one, headers, verbose, names):
        self._compile_one = compile_one
        self._headers = headers  # a path without its suffix; .cpp and .hpp exist
        self._headers_compiled = None
        self._verbose = verbose
        self._names = names  # of generated files
        self._printing = threading.Lock()
        self._pool = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        self._compiled = []
        self._done = 0

    def add(self, obj, src, ext, cc_args, postargs, pp_opts):
        if self._headers_compiled is None:
            self._say(f"compiling the C++ core, about {SECONDS} seconds of CPU")
            self._headers_compiled = self._pool.submit(
                self._compile_one, self._headers + ".hpp.gch", self._headers + ".cpp", ext,
                [*cc_args, "-x", "c++-header"], postargs, pp_opts)
        self._compiled.append(self._pool.submit(self._compile, obj, src, ext, cc_args, postargs, pp_opts))

    def _compile(self, obj, src, ext, cc_args, postargs, pp_opts):
        if src in MODULE:
            self._headers_compiled.result()
            postargs = [*postargs, "-include", self._headers + ".hpp"]
        self._compile_one(obj, src, ext, cc_args, postargs, pp_opts)
        with self._printing:
            self._done += 1
            self._say(f"{self._done} of {len(self._compiled)} compiled: {self._names.get(src, src)}")

    def finish(self):
        try:
            for each in self._compiled:
                each.result()
        finally:
            self._pool.shutdown(cancel_futures=True)
            pathlib.Path(self._headers + ".hpp.gch").unlink(missing_ok=True)  # it is large

    def _say(self, text):
        if self._verbose:
            print(f"mtaio: {text}", flush=True)


class BuildSideBySide(build_ext):
    """Compiles the files of the extension joined and concurrently."""

    def build_extension(self, ext):
        folder = pathlib.Path(self.build_temp, "mtaio")
        folder.mkdir(parents=True, exist_ok=True)

        def write(name, text):
            # A file that stays as it is stays older than what was compiled from it, which is not compiled again.
            file = folder / name
            if not file.exists() or file.read_text() != text:
                file.write_text(text)
            return str(file)

        for suffix in (".cpp", ".hpp"):
            write(f"headers{suffix}", shared_headers(MODULE))
        compiler = " ".join([*self.compiler.compiler_so, *self.compiler.compiler_cxx])
        names = {write("library.cpp", joined(LIBRARY, compiler)): f"src, {len(LIBRARY)} files",
                 write("bridge.cpp", joined(BRIDGE, compiler)): f"python/bridge, {len(BRIDGE)} files"}
        sources, ext.sources = ext.sources, [*names, *MODULE]
        compilation = Compilation(self.compiler._compile, str(folder / "headers"), self.verbose, names)
        link = self.compiler.link_shared_object

        def link_when_compiled(*args, **kwargs):
            compilation.finish()
            link(*args, **kwargs)

        self.compiler._compile = compilation.add
        self.compiler.link_shared_object = link_when_compiled
        try:
            super().build_extension(ext)
        finally:
            ext.sources = sources


setup(
    ext_modules=[
        Extension(
            "mtaio._core",
            sources=LIBRARY + BRIDGE + MODULE,
            include_dirs=["include", "src", "python/include", "python"],
            depends=LIBRARY + BRIDGE + MODULE + ["setup.py"] + [
                str(file) for folder in ("include", "src", "python") for file in pathlib.Path(folder).glob("**/*.hpp")],
            language="c++",
            # As fast as with -O3 or -flto, which take longer.
            extra_compile_args=["-std=c++20", "-O2", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
                                "-fno-semantic-interposition", "-fno-plt", "-g0", "-pthread"],
            extra_link_args=["-pthread"],
        )
    ],
    cmdclass={"build_ext": BuildSideBySide},
)
