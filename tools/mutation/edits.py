"""Insertions into a text, which may be nested."""


class Edits:
    """Outer edits must be added before inner ones. Offsets are those of the original."""

    def __init__(self):
        self._opening = []  # (offset, text)
        self._closing = []  # (offset, text)
        self._replaced = {}  # start: (end, text)

    def wrap(self, start, end, opening, closing):
        self._opening.append((start, opening))
        self._closing.append((end, closing))

    def replace(self, start, end, text):
        self._replaced[start] = (end, text)

    def applied_to(self, original):
        """The text that `original`, in bytes, becomes."""
        inserted = {}
        for offset, text in self._opening:
            inserted.setdefault(offset, ["", ""])[1] += text
        for offset, text in self._closing:  # inner ones end first
            entry = inserted.setdefault(offset, ["", ""])
            entry[0] = text + entry[0]
        out, position = [], 0
        for offset in sorted(inserted.keys() | self._replaced.keys()):
            out.append(original[position:offset].decode())
            out.extend(inserted.get(offset, ()))
            position = offset
            if offset in self._replaced:
                position, text = self._replaced[offset]
                out.append(text)
        out.append(original[position:].decode())
        return "".join(out)
