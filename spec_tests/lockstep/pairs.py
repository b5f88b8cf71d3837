"""The same thing in both engines, as one: whatever can be seen of it must be the same."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine.float_bits import f64_to_bits
from pywasm_rt.engine.interface import reference_kind
from pywasm_rt.errors import WasmError

__all__ = [
    "Difference",
    "Pair",
    "PairedFunction",
    "PairedGlobal",
    "PairedMemory",
    "PairedTable",
    "attempt",
    "pair_extern",
    "paired",
    "same",
    "unpaired",
]

_KINDS = frozenset(("func", "i31", "struct", "array", "exn"))


class Difference(AssertionError):
    """The engines do not agree."""


class Pair:
    """The same thing in both engines."""

    def __init__(self, first: Any, second: Any) -> None:
        self.both = (first, second)
        self.reference_kind = reference_kind(first)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pair) and self.both == other.both

    def __hash__(self) -> int:
        return hash(self.both[0])


class PairedMemory(Pair):
    """A memory of both."""

    def read(self, address: int, count: int) -> bytes:
        """Read from both, which must be the same."""
        return same("memory", *(memory.read(address, count) for memory in self.both))

    def write(self, address: int, data: bytes) -> None:
        """Write to both."""
        for memory in self.both:
            memory.write(address, data)

    @property
    def size_bytes(self) -> int:
        """The size of both."""
        return same("size", *(memory.size_bytes for memory in self.both))

    @property
    def type(self) -> Any:
        """The type of both."""
        return same("type", *(memory.type for memory in self.both))

    def grow(self, pages: int) -> int:
        """Grow both."""
        return same("grow", *(memory.grow(pages) for memory in self.both))


class PairedGlobal(Pair):
    """A global of both."""

    @property
    def type(self) -> Any:
        """The type of both."""
        return same("type", *(variable.type for variable in self.both))

    @property
    def value(self) -> object:
        """The value of both."""
        return paired(*(variable.value for variable in self.both))

    @value.setter
    def value(self, value: object) -> None:
        for side, variable in enumerate(self.both):
            variable.value = unpaired(value, side)


class PairedTable(Pair):
    """A table of both."""

    @property
    def type(self) -> Any:
        """The type of both."""
        return same("type", *(table.type for table in self.both))

    def __len__(self) -> int:
        return same("length", *map(len, self.both))

    def __getitem__(self, index: int) -> object:
        return paired(*(table[index] for table in self.both))


class PairedFunction(Pair):
    """A function of both."""

    @property
    def type(self) -> Any:
        """The type of both."""
        return self.both[0].type


def same(what: str, first: Any, second: Any) -> Any:
    """Two plain values, which must be equal; floats must have the same bits."""
    if isinstance(first, float) and isinstance(second, float):
        agree = f64_to_bits(first) == f64_to_bits(second)
    else:
        agree = type(first) is type(second) and first == second
    if not agree:
        raise Difference(f"{what}: {first!r} and {second!r}")
    return first


def paired(first: Any, second: Any) -> Any:
    """A value of both engines as one."""
    kind = reference_kind(first)
    if kind in _KINDS:
        same("kind", kind, reference_kind(second))
        return PairedFunction(first, second) if kind == "func" else Pair(first, second)
    return same("value", first, second)


def unpaired(value: Any, side: int) -> Any:
    """The value of one engine."""
    return value.both[side] if isinstance(value, Pair) else value


def attempt(what: str, *actions: Any) -> list[Any]:
    """Do something in both engines; they must succeed or fail in the same way."""
    results, errors = [], []
    for action in actions:
        try:
            results.append(action())
        except (WasmError, TypeError, IndexError) as error:
            errors.append(error)
    if errors:
        if len(errors) != 2:
            raise Difference(f"{what}: only one failed: {errors[0]!r}") from errors[0]
        if type(errors[0]) is not type(errors[1]):
            raise Difference(f"{what}: {errors[0]!r} and {errors[1]!r}")
        raise errors[0]
    return results


def pair_extern(first: Any, second: Any) -> Any:
    """An entity of both engines as one."""
    if hasattr(first, "size_bytes"):
        return PairedMemory(first, second)
    if hasattr(first, "__len__"):
        return PairedTable(first, second)
    if hasattr(first, "value"):
        return PairedGlobal(first, second)
    if reference_kind(first) == "func":
        return PairedFunction(first, second)
    return Pair(first, second)
