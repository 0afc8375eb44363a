"""Insertions into a text that may lie inside each other."""


class Edits:
    """To be noted from the outer ones to the inner ones; offsets are those in the original."""

    def __init__(self):
        self._opening = []  # (offset, text)
        self._closing = []  # (offset, text)
        self._replaced = {}  # start: (end, text)

    def wrap(self, start, end, before, after):
        self._opening.append((start, before))
        self._closing.append((end, after))

    def replace(self, start, end, text):
        self._replaced[start] = (end, text)

    def applied_to(self, original):
        """The text that `original`, as bytes, becomes."""
        inserted = {}
        for offset, text in self._opening:
            inserted.setdefault(offset, ["", ""])[1] += text
        for offset, text in self._closing:  # inner ones end first
            entry = inserted.setdefault(offset, ["", ""])
            entry[0] = text + entry[0]
        out, at = [], 0
        for offset in sorted(inserted.keys() | self._replaced.keys()):
            out.append(original[at:offset].decode())
            out.extend(inserted.get(offset, ()))
            at = offset
            if offset in self._replaced:
                at, text = self._replaced[offset]
                out.append(text)
        out.append(original[at:].decode())
        return "".join(out)
