"""The five promises of each awaitable: read from the comments of headers, written onto pages of the documentation.

On a page they are between two marks, and tools/doc_examples.py --update writes the text between the marks:

    <!-- promises of Latch::wait -->
    - Suspends: only while the count is above zero.
    ...
    <!-- end of promises -->

The name is the name of the class, function or member that follows the comment, without namespaces.
"""

import re
import textwrap

LABELS = ("Suspends", "Resumes", "Cancelled", "Threads", "Lifetime")

COMMENT = re.compile(r"(?:^[ \t]*///.*\n)+", re.MULTILINE)
CLASS = re.compile(r"^class (?:\[\[.*?\]\] )?(\w+)\b.*(?<!;)$|^};", re.MULTILINE)
DECLARATION = re.compile(r"\b(?:class|struct)\s+(?:\[\[.*?\]\]\s+)?(\w+)|(\w+)\(")
BLOCK = re.compile(r"^<!-- promises of (\S+) -->\n.*?^<!-- end of promises -->$", re.MULTILINE | re.DOTALL)


def in_comment(comment):
    """[(label, text)] of the promises in a comment; empty if it has none."""
    text = re.sub(r"^[ \t]*///[ ]?", "", comment, flags=re.MULTILINE)
    found = re.search(r"^Suspends: .*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        return []
    parts = re.split(rf"^({'|'.join(LABELS)}):", found[0], flags=re.MULTILINE)[1:]
    return [(label, " ".join(text.split())) for label, text in zip(parts[::2], parts[1::2])]


def without_constraints(code):
    """`code` without its leading `template <...>` and `requires ...`, as clang-format lays them out."""
    code = re.sub(r"\A\s*template <.*\n", "", code)
    if re.match(r"\s*requires\(", code):
        depth = 0
        for position, character in enumerate(code):
            depth += {"(": 1, ")": -1}.get(character, 0)
            if character == ")" and depth == 0:
                return code[position + 1:]
    return re.sub(r"\A\s*requires .*\n", "", code)


def declared_name(code):
    """The name that the declaration at the beginning of `code` declares."""
    match = DECLARATION.search(without_constraints(code))
    return match and (match[1] or match[2])


def of_header(content):
    """{name: [(label, text)]} of a header. Raises ValueError if one of the five is missing or out of order."""
    promises = {}
    for comment in COMMENT.finditer(content):
        found = in_comment(comment[0])
        if not found:
            continue
        name = declared_name(content[comment.end():])
        enclosing = [match[1] for match in CLASS.finditer(content, 0, comment.start())]
        if enclosing and enclosing[-1]:
            name = f"{enclosing[-1]}::{name}"
        if tuple(label for label, _ in found) != LABELS:
            raise ValueError(f"{name}: the promises are {', '.join(LABELS)}, in this order")
        promises[name] = found
    return promises


def of_headers(root):
    promises = {}
    for header in sorted(root.glob("include/**/*.hpp")):
        promises |= of_header(header.read_text(encoding="utf-8"))
    return promises


def as_markdown(promises):
    """The four promises of the library as a list, followed by the duty of the caller."""
    lines = []
    for label, text in promises:
        text = re.sub(r"\bdocs/(\w+)\.md", r"[\1](\1.md)", text)
        if label == "Lifetime":
            lines += ["", *textwrap.wrap(f"Lifetime: {text}", 120, break_long_words=False)]
        else:
            lines += textwrap.wrap(f"- {label}: {text}", 120, subsequent_indent="  ", break_long_words=False)
    return "\n".join(lines)


def quoted(content):
    """The names whose promises are on a page."""
    return {block[1] for block in BLOCK.finditer(content)}


def rewrite(content, promises):
    """The page with the promises of the headers, and the names that no header has."""
    unknown = sorted(quoted(content) - promises.keys())

    def current(block):
        if block[1] not in promises:
            return block[0]
        text = as_markdown(promises[block[1]])
        return f"<!-- promises of {block[1]} -->\n{text}\n<!-- end of promises -->"

    return BLOCK.sub(current, content), unknown
