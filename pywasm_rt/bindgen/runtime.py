"""What generated bindings stand on: from component values to generated classes and back.

A :class:`Codec` knows both ways of one type. Generated modules put codecs together once, when they
are imported; a type whose values Python programs see as they are (numbers, texts, bytes) has
:data:`SAME`.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from pywasm_rt.component.component import Component
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import (
    Err,
    ErrorContext,
    Ok,
    Record,
    ResourceHandle,
    Some,
    Variant,
)
from pywasm_rt.embedding.host_object import HostFunctionOfPython
from pywasm_rt.embedding.instance import Function, Instance
from pywasm_rt.embedding.linker import Linker
from pywasm_rt.errors import ComponentError, ResultError
from pywasm_rt.operations import Operation

__all__ = [
    "SAME",
    "Answer",
    "Codec",
    "Component",
    "Err",
    "ErrorContext",
    "Exports",
    "Instance",
    "Linker",
    "Ok",
    "Resource",
    "ResultError",
    "Signature",
    "Some",
    "dictionary",
    "enumeration",
    "flags",
    "guest_resource",
    "host",
    "host_method",
    "host_resource",
    "nested_option",
    "option",
    "record",
    "result",
    "sequence",
    "tuple_of",
    "variant",
]

_T = TypeVar("_T")

Answer: TypeAlias = _T | Awaitable[_T]
"""What a host function may return: the value, or (of an ``async def``) something that is awaited
for it."""


@dataclass(frozen=True, slots=True)
class Codec:
    """``lift`` makes what the program sees of a component value, ``lower`` the reverse.

    ``error`` is the codec of a result's err.
    """

    lift: Callable[[Any], Any]
    lower: Callable[[Any], Any]
    error: Codec | None = None


def _identity(value: Any) -> Any:
    return value


SAME = Codec(_identity, _identity)
"""For values that are the same on both sides."""


def record(cls: Callable[..., Any], fields: Sequence[tuple[str, str, Codec]]) -> Codec:
    """A dataclass; ``fields`` are the name in WIT, the attribute, and the codec."""
    parts = tuple(fields)

    def lift(value: Record) -> Any:
        values = vars(value)
        return cls(*[codec.lift(values[name]) for name, _, codec in parts])

    def lower(value: Any) -> Record:
        return Record(
            {name: codec.lower(getattr(value, attribute)) for name, attribute, codec in parts}
        )

    return Codec(lift, lower)


def variant(cases: Sequence[tuple[str, type, Codec | None]]) -> Codec:
    """A union of dataclasses; ``cases`` are the name in WIT, the class, and the payload's codec."""
    by_tag = {tag: (cls, codec) for tag, cls, codec in cases}
    by_class = {cls: (tag, codec) for tag, cls, codec in cases}
    names = " | ".join(cls.__name__ for cls in by_class)

    def lift(value: Variant) -> Any:
        cls, codec = by_tag[value.tag]
        return cls() if codec is None else cls(codec.lift(value.payload))

    def lower(value: Any) -> Variant:
        found = by_class.get(type(value))
        if found is None:
            raise ComponentError(f"expected {names}, got {value!r}")
        tag, codec = found
        return Variant(tag, None if codec is None else codec.lower(value.value))

    return Codec(lift, lower)


def enumeration(cls: type[enum.Enum]) -> Codec:
    """An Enum whose values are the names in WIT."""
    members = {member.value: member for member in cls}

    def lower(value: Any) -> Any:
        if not isinstance(value, cls):
            raise ComponentError(f"expected {cls.__name__}, got {value!r}")
        return value.value

    return Codec(members.__getitem__, lower)


def flags(cls: type[enum.Flag], labels: Iterable[tuple[str, enum.Flag]]) -> Codec:
    """A Flag; ``labels`` are the names in WIT with the members."""
    pairs = tuple(labels)
    members: dict[str, Any] = dict(pairs)
    nothing: Any = cls(0)

    def lift(value: frozenset[str]) -> Any:
        total = nothing
        for label in value:
            total |= members[label]
        return total

    def lower(value: Any) -> frozenset[str]:
        if not isinstance(value, cls):
            raise ComponentError(f"expected {cls.__name__}, got {value!r}")
        return frozenset(label for label, member in pairs if member in value)

    return Codec(lift, lower)


def sequence(element: Codec) -> Codec:
    """A list."""
    if element is SAME:
        return SAME
    lift_one, lower_one = element.lift, element.lower
    return Codec(
        lambda value: [lift_one(item) for item in value],
        lambda value: [lower_one(item) for item in value],
    )


def tuple_of(*elements: Codec) -> Codec:
    """A tuple."""
    if all(element is SAME for element in elements):
        return SAME

    def convert(value: Sequence[Any], ways: Sequence[Callable[[Any], Any]]) -> tuple[Any, ...]:
        if len(value) != len(ways):
            raise ComponentError(f"expected {len(ways)} elements, got {value!r}")
        return tuple(way(item) for way, item in zip(ways, value, strict=True))

    lifts = tuple(element.lift for element in elements)
    lowers = tuple(element.lower for element in elements)
    return Codec(lambda value: convert(value, lifts), lambda value: convert(value, lowers))


def dictionary(key: Codec, value: Codec) -> Codec:
    """A dict."""
    if key is SAME and value is SAME:
        return SAME
    return Codec(
        lambda given: {key.lift(k): value.lift(v) for k, v in given.items()},
        lambda given: {key.lower(k): value.lower(v) for k, v in given.items()},
    )


def option(payload: Codec) -> Codec:
    """None or the value."""
    if payload is SAME:
        return SAME
    return Codec(
        lambda value: None if value is None else payload.lift(value),
        lambda value: None if value is None else payload.lower(value),
    )


def nested_option(payload: Codec) -> Codec:
    """None or ``Some(value)``, where the value may be None itself."""
    if payload is SAME:
        return SAME
    return Codec(
        lambda value: None if value is None else Some(payload.lift(value.value)),
        lambda value: None if value is None else Some(payload.lower(value.value)),
    )


def result(ok: Codec, error: Codec) -> Codec:
    """``Ok`` or ``Err``; when it is lowered any other value is an ok."""

    def lift(value: Ok[Any] | Err[Any]) -> Any:
        if isinstance(value, Ok):
            return Ok(ok.lift(value.value))
        return Err(error.lift(value.value))

    def lower(value: Any) -> Any:
        if isinstance(value, Err):
            return Err(error.lower(value.value))
        return Ok(ok.lower(value.value if isinstance(value, Ok) else value))

    return Codec(lift, lower, error)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters and result."""

    parameters: tuple[Codec, ...]
    result: Codec = SAME

    def lower(self, arguments: Sequence[Any]) -> list[Any]:
        """Arguments for a guest."""
        pairs = zip(self.parameters, arguments, strict=True)
        return [codec.lower(argument) for codec, argument in pairs]

    def lift(self, arguments: Sequence[Any]) -> list[Any]:
        """Arguments from a guest."""
        pairs = zip(self.parameters, arguments, strict=True)
        return [codec.lift(argument) for codec, argument in pairs]


# What guests export.


class Exports:
    """An exported interface, or the functions of a world (``interface`` "").

    Raises ComponentError if the instance does not export what ``signatures`` names.
    """

    def __init__(
        self, instance: Instance, interface: str, signatures: Mapping[str, Signature]
    ) -> None:
        prefix = f"{interface}#" if interface else ""
        self._bound: dict[str, tuple[Function, Signature]] = {
            name: (instance.function(prefix + name), signature)
            for name, signature in signatures.items()
            if not name.startswith("[method]")
        }

    def _call(self, name: str, *arguments: Any) -> Any:
        function, signature = self._bound[name]
        return signature.result.lift(function.call(*signature.lower(arguments)))

    async def _call_async(self, name: str, *arguments: Any) -> Any:
        function, signature = self._bound[name]
        value = await function.call_async(*signature.lower(arguments))
        return signature.result.lift(value)


class Resource:
    """A resource that a guest made. It is given up by :meth:`drop` or at the end of a ``with``."""

    def __init__(self, handle: ResourceHandle) -> None:
        self._handle = handle

    @property
    def handle(self) -> ResourceHandle:
        """What the runtime knows it by."""
        return self._handle

    def drop(self) -> None:
        """Give it up. Raises ComponentError if that has happened, or it was passed on."""
        self._handle.drop()

    def __enter__(self) -> Self:
        self._handle.check_alive()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handle.alive:
            self._handle.drop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._handle!r}>"

    def _call(self, name: str, signature: Signature, *arguments: Any) -> Any:
        method = getattr(self._handle, name)
        lowered = [
            codec.lower(argument)
            for codec, argument in zip(signature.parameters[1:], arguments, strict=True)
        ]
        return signature.result.lift(method.call(*lowered))

    async def _call_async(self, name: str, signature: Signature, *arguments: Any) -> Any:
        method = getattr(self._handle, name)
        lowered = [
            codec.lower(argument)
            for codec, argument in zip(signature.parameters[1:], arguments, strict=True)
        ]
        return signature.result.lift(await method.call_async(*lowered))


def guest_resource(cls: type[Resource]) -> Codec:
    """Handles to a guest's resource."""

    def lower(value: Any) -> Any:
        if not isinstance(value, cls):
            raise ComponentError(f"expected {cls.__name__}, got {value!r}")
        return value.handle

    return Codec(cls, lower)


# What hosts offer.


def host_resource(name: str) -> ResourceType:
    """The type of a resource of the host's; ``close()``, if its objects have it, is called when a
    guest drops the last owning handle.
    """

    def close(instance: Any) -> object:
        closing = getattr(instance, "close", None)
        return None if closing is None else closing()

    return ResourceType(name, close)


def host(function: Callable[..., Any], signature: Signature) -> Callable[..., object]:
    """A method of an implementation as a host function."""
    if inspect.iscoroutinefunction(function):

        async def call_later(*arguments: Any) -> object:
            try:
                return signature.result.lower(await function(*signature.lift(arguments)))
            except ResultError as error:
                raise _lowered_error(error, signature) from error

        return HostFunctionOfPython(call_later)

    def call(*arguments: Any) -> object:
        try:
            value = function(*signature.lift(arguments))
            if isinstance(value, Operation) or inspect.isgenerator(value):
                return value
            return signature.result.lower(value)
        except ResultError as error:
            raise _lowered_error(error, signature) from error

    return HostFunctionOfPython(call)


def host_method(name: str, signature: Signature) -> Callable[..., object]:
    """A method of a host's resource, looked up in each object that it is called with."""

    def call(instance: Any, *arguments: Any) -> object:
        function = getattr(instance, name)
        rest = Signature(signature.parameters[1:], signature.result)
        bound: Any = host(function, rest)
        if inspect.iscoroutinefunction(function):
            from pywasm_rt.embedding.performing import Await  # noqa: PLC0415

            return Await(bound.function, arguments)
        return bound.function(*arguments)

    return HostFunctionOfPython(call)


def _lowered_error(error: ResultError, signature: Signature) -> ResultError:
    codec = signature.result.error
    return error if codec is None else ResultError(codec.lower(error.value), error.function)
