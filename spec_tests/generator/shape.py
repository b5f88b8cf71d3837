"""What a module that is being made has, and what is known at a place in one of its functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, TypeVar

from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.types import (
    FunctionType,
    GlobalType,
    MemoryType,
    ReferenceType,
    TableType,
    ValueType,
)
from spec_tests.generator.types import TypeSpace, is_defaultable

__all__ = ["Label", "Operand", "Place", "Shape", "Signature"]

_Item = TypeVar("_Item")


class Operand(NamedTuple):
    """An operand that an instruction takes. ``hint`` says which values make sense: ``"address"``,
    ``"aligned"`` (a multiple of 8), ``"index"`` and ``"length"`` are small numbers.
    """

    type: ValueType
    hint: str = ""


class Signature(NamedTuple):
    """An instruction with its immediates: what it takes and gives, the last on top.

    ``gives`` None means that what follows cannot be reached.
    """

    immediates: tuple[object, ...]
    takes: tuple[Operand, ...]
    gives: tuple[ValueType, ...] | None


class Label(NamedTuple):
    """A label: what a branch to it carries, and whether it is that of a legacy handler."""

    types: tuple[ValueType, ...]
    is_handler: bool = False


@dataclass(slots=True)
class Shape:
    """The index spaces of a module.

    ``functions`` and ``tags`` are type indices, ``elements`` the types of the element segments.
    ``referenced`` collects the functions that ``ref.func`` names in bodies.
    """

    random: Random
    features: Features
    types: TypeSpace
    functions: list[int] = field(default_factory=list)
    tables: list[TableType] = field(default_factory=list)
    memories: list[MemoryType] = field(default_factory=list)
    globals: list[GlobalType] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    elements: list[ReferenceType] = field(default_factory=list)
    data_count: int = 0
    referenced: set[int] = field(default_factory=set)

    def choose(self, items: Sequence[_Item]) -> _Item | None:
        """One of the items; None if there are none."""
        return self.random.choice(items) if items else None

    def index(
        self, items: Sequence[_Item], fits: Callable[[_Item], bool] = lambda _: True
    ) -> int | None:
        """The index of one of the items that fit; None if there is none."""
        return self.choose([index for index, item in enumerate(items) if fits(item)])

    def signature_of(self, function_index: int) -> FunctionType:
        """The type of a function."""
        return self.types.signature(self.functions[function_index])

    def block_type(
        self, parameters: Sequence[ValueType], results: Sequence[ValueType]
    ) -> ValueType | int | None:
        """A block type that takes and gives this; any function type in it is there already, or is
        added to the types.
        """
        if not parameters and not results:
            return None
        if not parameters and len(results) == 1 and self.random.random() < 0.8:
            return results[0]
        return self.types.function(parameters, results)


@dataclass(slots=True)
class Place:
    """What is known at a place in a function: its locals, those that have no value yet, the labels
    around it (innermost last), and the function's own index and results.
    """

    shape: Shape
    function_index: int
    locals: list[ValueType]
    results: tuple[ValueType, ...]
    unset: set[int] = field(default_factory=set)
    labels: list[Label] = field(default_factory=list)

    @property
    def random(self) -> Random:
        """The source of all choices."""
        return self.shape.random

    def local(self, fits: Callable[[ValueType], bool], *, is_set: bool) -> int | None:
        """A local variable whose type fits, which has a value if that is asked for."""
        return self.shape.choose(
            [
                index
                for index, type_ in enumerate(self.locals)
                if fits(type_) and not (is_set and index in self.unset)
            ]
        )

    def label(self, fits: Callable[[Label], bool]) -> int | None:
        """The depth of a label that fits."""
        last = len(self.labels) - 1
        return self.shape.choose(
            [last - number for number, label in enumerate(self.labels) if fits(label)]
        )

    @contextmanager
    def block(self, label: Label) -> Iterator[None]:
        """Inside a block: it has a label, and local variables that are set there for the first
        time have no value behind it.
        """
        before = set(self.unset)
        self.labels.append(label)
        yield
        self.labels.pop()
        self.unset = before

    def declare_unset(self, first: int) -> None:
        """Note which local variables from ``first`` on have no value at first."""
        self.unset = {
            index
            for index, type_ in enumerate(self.locals)
            if index >= first and not is_defaultable(type_)
        }
