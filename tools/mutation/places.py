"""Finds the places in a C++ file where a mutation makes sense, and rewrites the file so that it contains all mutants.

Every mutant has a number. A process chooses its mutant when it starts (chosen.hpp), so all mutants are compiled
together, once. The rewriting only inserts text around expressions and statements, and replaces operators by commas; so
mutations may be nested.

    negate      a condition, or the result of a function that returns bool
    operator    && and ||, < and <=, == and !=, + and -, ++ and --, ...
    constant    true, false, numbers, enumerators of this library
    delete      a statement that is an expression, break, continue, return or throw
    swap        such a statement and the next; without a call only if one assigns what the other uses

Memory orders are left alone: tools/weaken.py weakens them. So are declarations, among them locks, and prefetches, which
change no result.
"""

import dataclasses
import itertools
import re

from clang import cindex
from clang.cindex import CursorKind as Kind

from mutation.cursors import (FUNCTIONS, NAMESPACES, NOT_RUN, STATEMENTS, VALUES, is_plain, only_prefetches,
                              order_matters, span)
from mutation.edits import Edits

OPERATORS = {
    "<": ("less", "<="), "<=": ("less_equal", "<"), ">": ("greater", ">="), ">=": ("greater_equal", ">"),
    "==": ("equal", "!="), "!=": ("not_equal", "=="), "+": ("plus", "-"), "-": ("minus", "+"),
    "&": ("bit_and", "|"), "|": ("bit_or", "&"), "%": ("modulo", "/"),
}


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A mutation of one place. `key` identifies it, and stays the same when lines above it change."""
    file: str
    function: str
    line: int
    text: str  # the line
    kind: str
    what: str
    ordinal: int  # among mutants of the same name

    @property
    def key(self):
        again = f" ({self.ordinal})" if self.ordinal > 1 else ""
        return f"{self.file} | {self.function} | {self.text} | {self.what}{again}"


def short(text):
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


class Places:
    """The mutants of one file, numbered from `first`, and the file with all of them in it."""

    def __init__(self, path, source, arguments, first=0):
        self.path = path
        self.source = source
        self.first = first
        self.mutants = []
        self._edits = Edits()
        self._seen = set()
        self._keys = {}
        self._function = ""
        unit = cindex.Index.create().parse(path, args=["-x", "c++", *arguments], unsaved_files=[(path, source)],
                                           options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [str(each) for each in unit.diagnostics if each.severity >= cindex.Diagnostic.Error]
        if errors:
            raise ValueError(f"{path} does not compile: {errors[0]}")
        self._bytes = source.encode()
        # The uses of macros, whose text is elsewhere.
        self._macros = {span(each) for each in unit.cursor.get_children()
                        if each.kind == Kind.MACRO_INSTANTIATION and self._is_here(each)}
        self._visit(unit.cursor, None)

    def rewritten(self):
        """The source with all mutants in it."""
        return self._edits.applied_to(self._bytes)

    # --- Adding mutants ---

    def _text(self, start, end):
        return self._bytes[start:end].decode()

    def _number(self, offset, kind, what):
        """The number of a new mutant at `offset`; None if it exists: a template is visited again for
        each instantiation."""
        if (offset, kind, what) in self._seen:
            return None
        self._seen.add((offset, kind, what))
        line = self._bytes.count(b"\n", 0, offset)
        text = self.source.split("\n")[line].strip()
        name = (self._function, text, what)
        self._keys[name] = self._keys.get(name, 0) + 1
        self.mutants.append(Mutant(self.path, self._function, line + 1, text, kind, what, self._keys[name]))
        return self.first + len(self.mutants) - 1

    def _negate(self, cursor):
        start, end = span(cursor)
        number = self._number(start, "negate", f"negate {short(self._text(start, end))}")
        if number is not None:
            self._edits.wrap(start, end, f"(mutants::on({number}) != static_cast<bool>(", "))")

    # --- Walking ---

    def _visit(self, cursor, parent):
        if parent is not None and not self._is_here(cursor):
            return
        if span(cursor) in self._macros:
            return
        if cursor.kind in NOT_RUN:
            if cursor.kind == Kind.DECL_REF_EXPR:
                self._enumerator(cursor, parent)
            return
        outside = self._function
        if cursor.kind in FUNCTIONS:
            owner = cursor.semantic_parent.spelling if cursor.semantic_parent else ""
            in_class = cursor.semantic_parent and cursor.semantic_parent.kind not in NAMESPACES
            name = re.sub("<.*", "", cursor.spelling)
            self._function = f"{owner}::{name}" if in_class and owner else name
        for child in self._children(cursor):
            self._visit(child, cursor)
        self._function = outside

    def _is_here(self, cursor):
        place = cursor.extent.start.file
        return place is not None and place.name == self.path

    def _children(self, cursor):
        """Adds the mutants of `cursor` itself. Returns the children to visit."""
        children = [each for each in cursor.get_children() if self._is_here(each)]
        kind = cursor.kind
        if kind in (Kind.VAR_DECL, Kind.FIELD_DECL):
            if "constexpr" in (each.spelling for each in itertools.islice(cursor.get_tokens(), 4)):
                return []
            return [each for each in children if span(each)[0] > cursor.location.offset]  # not those in its type
        if kind in (Kind.COMPOUND_STMT, Kind.UNEXPOSED_STMT):
            # The compiler's own statements of a coroutine stand before the body.
            children = [each for each in children if span(each)[0] >= span(cursor)[0]]
        if kind == Kind.COMPOUND_STMT:
            self._swaps(children)
            self._deletions(children, cursor)
        elif kind in (Kind.IF_STMT, Kind.WHILE_STMT, Kind.CONDITIONAL_OPERATOR):
            return self._branches(cursor, children)
        elif kind in (Kind.FOR_STMT, Kind.CXX_FOR_RANGE_STMT, Kind.UNEXPOSED_STMT):
            self._deletions(children[-1:], cursor)
        elif kind in (Kind.CASE_STMT, Kind.DEFAULT_STMT):
            body = children[1:] if kind == Kind.CASE_STMT else children
            self._deletions(body, cursor)
            return body
        elif kind == Kind.BINARY_OPERATOR:
            self._binary(cursor, children)
        elif kind == Kind.UNARY_OPERATOR:
            self._unary(cursor, children)
        elif kind == Kind.CXX_BOOL_LITERAL_EXPR:
            self._boolean(cursor)
        elif kind == Kind.INTEGER_LITERAL:
            self._integer(cursor)
        elif kind == Kind.RETURN_STMT:
            self._returned(children)
        elif only_prefetches(cursor):
            return []
        elif kind == Kind.CALL_EXPR:
            self._overloaded(cursor, children)
            opening = self._arguments_of(cursor)
            return [each for each in children if each.kind not in VALUES or span(each)[0] > opening]
        elif kind == Kind.MEMBER_REF_EXPR:
            return [each for each in children if each.kind not in VALUES]
        return children

    def _arguments_of(self, call):
        """Where the arguments of a call begin, after any arguments of a template."""
        start, end = span(call)
        depth = 0
        for offset in range(end - 1, start - 1, -1):
            letter = self._bytes[offset:offset + 1]
            depth += (letter in b")}") - (letter in b"({")
            if depth == 0:
                return offset if letter in b"({" else start - 1
        return start - 1

    def _branches(self, cursor, children):
        start = span(cursor)[0]
        if children and children[0].kind == Kind.VAR_DECL:  # if (T* x = ...): x itself comes next
            children = [each for each in children[:1] + children[2:]]
        if cursor.kind == Kind.IF_STMT and re.match(rb"if\s+constexpr\b", self._bytes[start:start + 40]):
            self._deletions(children[1:], cursor)
            return children[1:]
        if children and children[0].kind.is_expression():
            self._negate(children[0])
        if cursor.kind != Kind.CONDITIONAL_OPERATOR:
            self._deletions(children[1:], cursor)
        return children

    def _returned(self, children):
        if not children or children[0].kind in (Kind.CXX_BOOL_LITERAL_EXPR, Kind.INIT_LIST_EXPR):
            return
        value = children[0]
        if value.type.spelling == "bool" and value.spelling not in ("==", "!="):
            self._negate(value)

    def _binary(self, cursor, children):
        if len(children) == 2:
            self._operator(cursor.spelling, children[0], children[1])

    def _overloaded(self, call, children):
        """A comparison of objects. Where the compiler derives it from <=> or ==, it is a call of that operator."""
        if not re.fullmatch(r"operator(<=>|[<>]=?|[=!]=)", call.spelling) or len(children) != 3:
            return
        start, end = span(children[1])
        if span(children[0])[1] <= start and end <= span(children[2])[0]:
            self._operator(self._text(start, end), children[0], children[2])

    def _operator(self, operator, one, other):
        if operator not in OPERATORS and operator not in ("&&", "||"):
            return
        (start, left), (right, end) = span(one), span(other)
        between = self._bytes[left:right]
        place = left + between.find(operator.encode())
        if operator in ("&&", "||"):
            opposite = "||" if operator == "&&" else "&&"
            number = self._number(place, "operator", f"{operator} -> {opposite}")
            if number is None:
                return
            # Negating the operands and the result turns one operator into the other.
            head = f"(mutants::on({number}) != "
            self._edits.wrap(start, end, head + "(", "))")
            self._edits.wrap(start, left, head + "static_cast<bool>(", "))")
            self._edits.wrap(right, end, head + "static_cast<bool>(", "))")
            return
        if operator == "+" and b'"' in self._bytes[start:end]:  # joins texts
            return
        name, opposite = OPERATORS[operator]
        number = self._number(place, "operator", f"{operator} -> {opposite}")
        if number is None:
            return
        self._edits.wrap(start, end, f"mutants::{name}({number}, ", ")")
        self._edits.replace(place, place + len(operator), ",")

    def _unary(self, cursor, children):
        start, end = span(cursor)
        operator = self._text(start, start + 2)
        if operator not in ("++", "--") or not children:
            return
        number = self._number(start, "operator", f"{operator} -> {'--' if operator == '++' else '++'}")
        if number is None:
            return
        name = "increment" if operator == "++" else "decrement"
        self._edits.replace(start, start + 2, "")
        self._edits.wrap(start, end, f"mutants::{name}({number}, ", ")")

    def _boolean(self, cursor):
        start, end = span(cursor)
        was = self._text(start, end)
        number = self._number(start, "constant", f"{was} -> {'false' if was == 'true' else 'true'}")
        if number is not None:
            self._edits.wrap(start, end, f"(mutants::on({number}) != ", ")")

    def _integer(self, cursor):
        start, end = span(cursor)
        was = self._text(start, end)
        if not was[0].isdigit():  # the compiler's own, in a comparison that it derives from <=>
            return
        number = self._number(start, "constant", f"{was} -> {was} + 1")
        if number is not None:
            self._edits.wrap(start, end, f"mutants::one_more({number}, ", ")")

    def _enumerator(self, cursor, parent):
        named = cursor.referenced
        if named is None or named.kind != Kind.ENUM_CONSTANT_DECL or parent.kind == Kind.CASE_STMT:
            return
        names = [each.spelling for each in named.semantic_parent.get_children()]
        start, end = span(cursor)
        was = self._text(start, end)
        if "memory_order" in was or len(names) < 2 or not was.endswith(named.spelling):
            return
        other = names[(names.index(named.spelling) + 1) % len(names)]
        number = self._number(start, "constant", f"{named.spelling} -> {other}")
        if number is not None:
            prefix = was[:-len(named.spelling)]
            self._edits.wrap(start, end, f"(mutants::on({number}) ? {prefix}{other} : ", ")")

    # --- Statements ---

    def _deletions(self, statements, parent):
        for each in statements:
            if not is_plain(each) and each.kind not in STATEMENTS:
                continue
            if each.kind == Kind.RETURN_STMT and list(each.get_children()):
                continue
            start, end = self._statement(each)
            number = self._number(start, "delete", f"delete {short(self._text(start, end))}")
            if number is not None:
                self._edits.wrap(start, end, f"{{ if (!mutants::on({number})) ", " }")

    def _statement(self, cursor):
        """The extent of the statement with its semicolon."""
        start, end = span(cursor)
        return start, self._bytes.index(b";", end) + 1

    def _swaps(self, statements):
        for plain, run in itertools.groupby(statements, lambda each: is_plain(each, thrown=False)):
            run = list(run)
            if not plain or len(run) < 2:
                continue
            places = [self._statement(each) for each in run]
            numbers = []
            for one, other in itertools.pairwise(places):
                number = None
                if order_matters(self._text(*one), self._text(*other)):
                    number = self._number(one[0], "swap", f"swap with {short(self._text(*other))}")
                numbers.append("mutants::kNever" if number is None else str(number))
            if all(each == "mutants::kNever" for each in numbers):
                continue
            head = (f"for (int mutants_step = 0; mutants_step != {len(run)}; ++mutants_step) {{ "
                    f"const int mutants_turn = mutants::turn<{', '.join(numbers)}>(mutants_step); ")
            self._edits.wrap(places[0][0], places[-1][1], head, " }")
            for turn, (start, end) in enumerate(places):
                self._edits.wrap(start, end, f"if (mutants_turn == {turn}) {{ ", " }")
