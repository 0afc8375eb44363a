"""What a lambda calls, read from its bytecode."""

from __future__ import annotations

import builtins
import dis
import inspect
from types import CellType, FunctionType
from typing import Any

_PROLOGUE = ("RESUME", "COPY_FREE_VARS", "MAKE_CELL", "PUSH_NULL")
_NOTHING = object()


def returned_call(func: FunctionType) -> Any:
    """The function that a lambda calls to return its result: ``a.b`` of ``lambda x: a.b(f(x))``.

    None if it returns something else, or if what it calls is not known before it runs.
    """
    ops = list(dis.get_instructions(func))
    depth = 0

    def take() -> dis.Instruction:
        nonlocal depth
        depth += dis.stack_effect(ops[0].opcode, ops[0].arg)
        return ops.pop(0)

    if len(ops) < 3 or ops[-1].opname != "RETURN_VALUE" or "CALL" not in ops[-2].opname:
        return None
    while ops[0].opname in _PROLOGUE:
        take()
    # What is called stands first, with a null or the object that it is a method of; the arguments
    # follow.
    called = _variable(func, take())
    while ops[0].opname in ("LOAD_ATTR", "LOAD_METHOD"):
        called = _attribute(called, take().argval)
    if depth == 1 and ops[0].opname == "PUSH_NULL":
        take()
    if called is _NOTHING:
        return None
    while len(ops) > 1:
        if depth < 2 or ops[0].opcode in dis.hasjrel or ops[0].opcode in dis.hasjabs:
            return None  # that call was not the last one, or is made only now and then
        take()
    return called if depth == 1 else None


def _variable(func: FunctionType, op: dis.Instruction) -> Any:
    if op.opname == "LOAD_GLOBAL":
        return func.__globals__.get(op.argval, getattr(builtins, op.argval, _NOTHING))
    if op.opname == "LOAD_DEREF" and op.argval in func.__code__.co_freevars:
        cell: CellType = (func.__closure__ or ())[func.__code__.co_freevars.index(op.argval)]
        try:
            return cell.cell_contents
        except ValueError:  # not assigned yet
            pass
    return _NOTHING


def _attribute(of: Any, name: str) -> Any:
    """An attribute, without running any code for it."""
    found = inspect.getattr_static(of, name, _NOTHING)
    if isinstance(found, (staticmethod, classmethod)):
        return found.__func__
    if isinstance(found, property):
        return _NOTHING
    return found
