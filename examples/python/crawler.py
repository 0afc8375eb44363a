"""Fetches every page of a site: at most eight at a time, each within a second, all within a minute.

The site is served by the same program, so that the example runs anywhere. One of its pages never answers.
"""

import asyncio
import re

from mtaio.core import TaskExecutor
from mtaio.exceptions import TimeoutError

# --- The site ---

NEWS = [f"/news/{number}" for number in range(1, 21)]
PAGES = {
    "/": ["/about", "/news", "/slow"],
    "/about": ["/", "/people"],
    "/people": ["/about"],
    "/news": NEWS,
    **{path: ["/news"] for path in NEWS},
}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readline()).split()[1].decode()
    if path in PAGES:
        page = "".join(f'<a href="{link}">{link}</a>' for link in PAGES[path])
        writer.write(f"HTTP/1.0 200 OK\r\n\r\n{page}".encode())
    else:
        await reader.read()  # waits until the client gives up
    writer.close()


# --- The crawler ---


async def fetch(port: int, path: str) -> list[str]:
    """The links of a page."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        page = (await reader.read()).decode()
    finally:
        writer.close()
    return re.findall(r'href="([^"]+)"', page)


async def crawl(executor: TaskExecutor, port: int, start: str) -> tuple[set[str], dict[str, BaseException]]:
    """Every page that can be reached, and the errors of those that could not be read."""
    seen, failed, level = {start}, {}, [start]
    while level:
        answers = await executor.map(
            lambda path: fetch(port, path), level, limit=8, task_timeout=1, return_exceptions=True
        )
        found: set[str] = set()
        for path, links in zip(level, answers):
            if isinstance(links, BaseException):
                failed[path] = links
            else:
                found.update(links)
        level = sorted(found - seen)
        seen |= found
    return seen, failed


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    async with server, TaskExecutor() as executor:
        seen, failed = await executor.run(crawl(executor, port, "/"), timeout=60)
    print(f"{len(seen)} pages, {len(failed)} without an answer")
    for path, error in failed.items():
        print(f"{path}: {'timed out' if isinstance(error, TimeoutError) else error}")


asyncio.run(main())
