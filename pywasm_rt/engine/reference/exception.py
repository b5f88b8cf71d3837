"""What the instructions that throw mean; the search for a handler is in ``unwinding.py``."""

from __future__ import annotations

from typing import NoReturn

from pywasm_rt.engine.reference.heap import ExceptionInstance, Tag
from pywasm_rt.errors import Trap, TrapCode

__all__ = ["Thrown", "throw", "throw_ref"]


class Thrown(Exception):
    """How an exception of the guest leaves the machine's loop, on its way to a handler."""

    def __init__(self, exception: ExceptionInstance) -> None:
        super().__init__("an exception of the guest")
        self.exception = exception


def throw(tag: Tag, *values: object) -> NoReturn:
    """Throw a new exception with these values."""
    raise Thrown(ExceptionInstance(tag, values))


def throw_ref(exception: ExceptionInstance | None) -> NoReturn:
    """Throw an exception again. Traps for null."""
    if exception is None:
        raise Trap(TrapCode.NULL_EXCEPTION_REFERENCE)
    raise Thrown(exception)
