"""What loading is about at the moment, told to whoever shows it.

with telling(print):
    Application.load(folder)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["LoadStep", "Phase", "tell", "telling"]


class Phase(StrEnum):
    """What is done with a binary."""

    READING = "reading"
    HASHING = "checking the hash of"
    COMPILING = "compiling"


@dataclass(frozen=True, slots=True)
class LoadStep:
    """A phase of loading ``subject`` (an entry's ID, or a file) begins.

    ``size_bytes`` is that of its binary, 0 where it is not known yet. It is the ``number``th of
    ``total`` binaries.
    """

    phase: Phase
    subject: str
    size_bytes: int = 0
    number: int = 1
    total: int = 1


_told: ContextVar[Callable[[LoadStep], object] | None] = ContextVar("loading", default=None)


@contextmanager
def telling(told: Callable[[LoadStep], object]) -> Iterator[None]:
    """Have ``told`` called with each step of the loading that this code does."""
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


def tell(step: LoadStep) -> None:
    """A phase begins."""
    told = _told.get()
    if told is not None:
        told(step)
