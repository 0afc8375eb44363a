"""Compiles the C++ core into the extension module mtaio._core; pyproject.toml has the rest."""

import os
import pathlib

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# What the module needs of src/: everything below the library's own executor and its simulation.
LAYERS = ["base", "platform", "cancel", "time", "coro", "wait", "queue", "runtime"]
FOLDERS = [f"src/{layer}" for layer in LAYERS] + ["python/src/bridge", "python/src/_core"]


class ParallelBuild(build_ext):
    """Compiles the files of the extension side by side."""

    def build_extension(self, ext):
        import concurrent.futures

        compile_one = self.compiler._compile
        pool = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        compiled = []
        self.compiler._compile = lambda *args: compiled.append(pool.submit(compile_one, *args))
        link = self.compiler.link_shared_object

        def link_when_compiled(*args, **kwargs):
            for each in compiled:
                each.result()
            link(*args, **kwargs)

        self.compiler.link_shared_object = link_when_compiled
        with pool:
            super().build_extension(ext)


setup(
    ext_modules=[
        Extension(
            "mtaio._core",
            sources=sorted(str(file) for folder in FOLDERS for file in pathlib.Path(folder).glob("*.cpp")),
            include_dirs=["include", "src", "python/include", "python/src"],
            depends=[str(file) for file in pathlib.Path().glob("**/*.hpp")],
            language="c++",
            extra_compile_args=["-std=c++20", "-O3", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
                                "-fno-semantic-interposition", "-fno-plt", "-flto=auto", "-g0", "-pthread"],
            extra_link_args=["-flto=auto", "-O3", "-pthread"],
        )
    ],
    cmdclass={"build_ext": ParallelBuild},
)
