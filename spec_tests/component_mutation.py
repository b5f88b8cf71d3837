"""Small changes to components: one node of the syntax becomes another of its kind.

Mutants that are changed as syntax are well-formed, so that they get as far as validation; those
whose bytes are changed mostly do not.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from pywasm_rt.component.binary import encode
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import ComponentSyntax, Sort
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.wasm.types import MemoryType

__all__ = ["ComponentMutator"]

Replace = Callable[[Any], Any]
Place = tuple[Any, Replace]
"""A node, and what makes the whole anew with another in its place."""

_NAMES = (
    *("a", "b", "A", "a-b", "a-1", "a--b", "1a", "", "a.b", "[constructor]a", "[method]a.b"),
    *("[static]a.b", "[async]a", "[async method]a.b", "[method]a", "a:b/c", "a:b/c@1.0.0"),
    *("a:b/c@1.2.3-rc.1+b", "a:b/c@1", "a:b/c@01.0.0", "a:b", "A:b/c", "a:b/C", "a:b/c/d"),
)
_SKIPPED = ("position", "data", "customs")
_LARGEST_POOL = 5_000


class ComponentMutator:
    """Makes mutants of ``seeds``, whose nodes are also what others are replaced by."""

    def __init__(self, random: Random, seeds: Sequence[ComponentSyntax]) -> None:
        self.random = random
        self.seeds = seeds
        self._pool: dict[type, list[Any]] = {}
        for seed in seeds:
            for node, _ in _places(seed, _same):
                pool = self._pool.setdefault(node.__class__, [])
                if len(pool) < _LARGEST_POOL:
                    pool.append(node)

    def mutate(self) -> ComponentSyntax:
        """One of the seeds with one change, or a few."""
        component = self.random.choice(self.seeds)
        for _ in range(self.random.choice((1, 1, 1, 1, 2, 3))):
            places = list(_places(component, _same))
            node, replaced = self.random.choice(places)
            component = replaced(self._other(node))
        return component

    def encoded(self) -> list[bytes]:
        """A mutant's bytes; none if a node came to stand where nothing of its kind can."""
        try:
            return [encode(self.mutate())]
        except (AttributeError, AssertionError, IndexError, KeyError, TypeError, ValueError):
            return []

    def _other(self, node: Any) -> Any:
        """Something of the node's kind."""
        choice = self.random
        if isinstance(node, bool):
            return not node
        if isinstance(node, int):
            return max(0, choice.choice((node - 1, node + 1, 0, choice.randrange(8))))
        if isinstance(node, str):
            return choice.choice((choice.choice(_NAMES), choice.choice(self._pool[str])))
        if isinstance(node, tuple | list):
            return self._sequence(node)
        if isinstance(node, enum.Enum) and not isinstance(node, Sort | PrimitiveType):
            return choice.choice(list(node.__class__))
        if isinstance(node, ExternName):
            return self._name(node)
        return choice.choice(self._pool[node.__class__])

    def _sequence(self, items: Sequence[Any]) -> Sequence[Any]:
        """The items with one less, one twice, two exchanged, or one of elsewhere."""
        changed = list(items)
        if not changed:
            return items
        at = self.random.randrange(len(changed))
        kind = self.random.randrange(4)
        if kind == 0:
            del changed[at]
        elif kind == 1:
            changed.insert(at, self.random.choice(changed))
        elif kind == 2:
            other = self.random.randrange(len(changed))
            changed[at], changed[other] = changed[other], changed[at]
        else:
            pool = self._pool.get(changed[at].__class__, changed)
            changed.insert(at, self.random.choice(pool))
        return type(items)(changed)

    def _name(self, name: ExternName) -> ExternName:
        other: ExternName = self.random.choice(self._pool[ExternName])
        field = self.random.choice(("text", "implements", "external_id", "version_suffix"))
        return dataclasses.replace(name, **{field: getattr(other, field)})


def _same(node: Any) -> Any:
    return node


def _places(node: Any, whole: Replace) -> Iterator[Place]:
    """Everything in a node, and the node itself."""
    yield node, whole
    if isinstance(node, tuple | list):
        for at, item in enumerate(node):
            yield from _places(item, _at_index(node, at, whole))
    elif dataclasses.is_dataclass(node) and not isinstance(node, type | MemoryType):
        for field in dataclasses.fields(node):
            if field.name not in _SKIPPED and field.init:
                part = getattr(node, field.name)
                if part is not None:
                    yield from _places(part, _at_field(node, field.name, whole))


def _at_index(items: Sequence[Any], at: int, whole: Replace) -> Replace:
    def replaced(item: Any) -> Any:
        changed = list(items)
        changed[at] = item
        return whole(type(items)(changed))

    return replaced


def _at_field(node: Any, name: str, whole: Replace) -> Replace:
    return lambda part: whole(dataclasses.replace(node, **{name: part}))
