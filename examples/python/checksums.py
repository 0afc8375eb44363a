"""Computes the SHA-256 of every file of a folder in threads, four at a time, and shows the progress.

    checksums.py [FOLDER]
"""

import asyncio
import hashlib
import pathlib
import sys
import tempfile

from mtaio.core import Progress, TaskExecutor


def checksum(file: pathlib.Path) -> str:
    """Runs in a thread, because it blocks. hashlib releases the GIL while it computes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


async def show(progress: Progress) -> None:
    while True:
        print(f"\r{progress.done} of {progress.total}", end="", file=sys.stderr, flush=True)
        await asyncio.sleep(0.1)


async def print_checksums(folder: pathlib.Path) -> None:
    files = sorted(file for file in folder.rglob("*") if not file.is_dir())
    progress = Progress()
    async with TaskExecutor() as executor:
        if sys.stderr.isatty():
            executor.create_task(show(progress))  # cancelled when the block is left
        results = await executor.map(checksum, files, limit=4, progress=progress, return_exceptions=True)
    for file, result in zip(files, results):
        if isinstance(result, OSError):
            print(f"{file.relative_to(folder)}: {result.strerror}")
        else:
            print(f"{result}  {file.relative_to(folder)}")
    print(f"{progress.done} files, of which {progress.failed} could not be read")


if len(sys.argv) > 1:
    asyncio.run(print_checksums(pathlib.Path(sys.argv[1])))
else:
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for name in ("one", "two", "three"):
            (folder / name).write_text(f"{name}\n")
        (folder / "four").symlink_to("nowhere")
        asyncio.run(print_checksums(folder))
