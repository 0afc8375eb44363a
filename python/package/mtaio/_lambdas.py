"""The function that a lambda calls, read from its bytecode."""

from __future__ import annotations

import builtins
import dis
import inspect
from types import FunctionType
from typing import Any

_PROLOGUE = ("RESUME", "COPY_FREE_VARS", "MAKE_CELL", "PUSH_NULL")
_ENDS = ("RETURN_VALUE", "RETURN_CONST", "RERAISE", "RAISE_VARARGS")
_JUMPS = ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_ABSOLUTE")
_NOTHING = object()


def returned_call(func: FunctionType) -> Any:
    """The function that a lambda calls to return its result: ``a.b`` of ``lambda x: a.b(f(x))``.

    None if it returns something else, or if what it calls is not known before it runs.
    """
    ops = list(dis.get_instructions(func))
    depths = _depths(ops)
    first = next((i for i, op in enumerate(ops) if op.opname not in _PROLOGUE), len(ops))
    # The function is loaded first, with a null or the object whose method it is. The arguments
    # follow.
    called = _variable(func, ops[first])
    if called is _NOTHING:
        return None
    first += 1
    while ops[first].opname in ("LOAD_ATTR", "LOAD_METHOD"):
        called = _attribute(called, ops[first].argval)
        first += 1
    if called is _NOTHING:
        return None
    if ops[first].opname == "PUSH_NULL" and depths.get(ops[first].offset) == 1:
        first += 1
    # The function is called last, and is on the stack until then.
    for op, following in zip(ops[first:], ops[first + 1 :]):
        depth = depths.get(op.offset)
        if depth is not None and depth < 2:
            return None
        if following.opname == "RETURN_VALUE" and depth is not None:
            return called if "CALL" in op.opname and depths.get(following.offset) == 1 else None
    return None


def _depths(ops: list[dis.Instruction]) -> dict[int, int]:
    """The depth of the stack before each instruction, by offset; not in exception handlers."""
    position = {op.offset: i for i, op in enumerate(ops)}
    depths: dict[int, int] = {}
    todo = [(0, 0)]
    while todo:
        i, depth = todo.pop()
        while ops[i].offset not in depths:
            op = ops[i]
            depths[op.offset] = depth
            if op.opname in _ENDS:
                break
            if op.opcode in dis.hasjrel or op.opcode in dis.hasjabs:
                there = depth + dis.stack_effect(op.opcode, op.arg, jump=True)
                todo.append((position[op.argval], there))
                if op.opname in _JUMPS:
                    break
            depth += dis.stack_effect(op.opcode, op.arg, jump=False)
            i += 1
    return depths


def _variable(func: FunctionType, op: dis.Instruction) -> Any:
    if op.opname == "LOAD_GLOBAL":
        return func.__globals__.get(op.argval, getattr(builtins, op.argval, _NOTHING))
    if op.opname == "LOAD_DEREF" and op.argval in func.__code__.co_freevars:
        cell = (func.__closure__ or ())[func.__code__.co_freevars.index(op.argval)]
        try:
            return cell.cell_contents
        except ValueError:  # not assigned yet
            pass
    return _NOTHING


def _attribute(owner: Any, name: str) -> Any:
    """An attribute, found without running code of the program."""
    found = inspect.getattr_static(owner, name, _NOTHING)
    if isinstance(found, (staticmethod, classmethod)):
        return found.__func__
    if inspect.isroutine(found):
        return getattr(owner, name, _NOTHING)  # bound
    return _NOTHING if hasattr(type(found), "__get__") else found
