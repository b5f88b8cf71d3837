"""Python objects as host interfaces: attributes are looked up by the component model's names.

=======================  =====================================================================
``read-all``             the attribute ``read_all``
``[constructor]bucket``  the attribute ``Bucket``, a class, is called
``[method]bucket.get``   the method ``get`` of an instance of that class
``[static]bucket.open``  the static or class method ``open`` of that class
resource ``bucket``      instances of the class; ``close()``, if they have it, is called when
                         the guest drops the last owning handle
=======================  =====================================================================

Names that are reserved words in Python have an underscore behind them (``from_``).
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pywasm_rt.component.types import FunctionType, ResourceType, ResultType
from pywasm_rt.component.values import Err, Ok, field_name
from pywasm_rt.embedding.performing import Await
from pywasm_rt.errors import ResultError
from pywasm_rt.operations import Operation

__all__ = [
    "HostFunctionOfPython",
    "ObjectFunctions",
    "ObjectResources",
    "ResourceClasses",
    "adapted",
    "attribute_name",
    "class_name",
]


def attribute_name(name: str) -> str:
    """The Python attribute for a name of the component model: ``exit-code`` is ``exit_code``."""
    attribute = name.replace("-", "_").lower()
    return f"{attribute}_" if keyword.iskeyword(attribute) else attribute


def class_name(name: str) -> str:
    """The Python class for a name of the component model: ``key-value`` is ``KeyValue``."""
    words = "".join(word[:1].upper() + word[1:] for word in name.split("-"))
    return f"{words}_" if keyword.iskeyword(words) else words


@dataclass(frozen=True, slots=True)
class HostFunctionOfPython:
    """A Python function that becomes a host function when it is known what type it is to have."""

    function: Callable[..., Any]

    def __call__(self, *arguments: object) -> object:
        """The function itself."""
        return self.function(*arguments)


def adapted(function: Callable[..., Any], type: FunctionType) -> Callable[..., object]:
    """``function`` as a host function of ``type``.

    A coroutine function is awaited. Where a ``result`` is to be returned, a value that is neither
    Ok nor Err is an Ok, and a ResultError raised is an Err.
    """
    if _is_coroutine_function(function):
        coroutine_function = function

        def function(*arguments: object) -> object:
            return Await(coroutine_function, arguments)

    if not isinstance(type.result, ResultType):
        return function

    def call(*arguments: object) -> object:
        try:
            value = function(*arguments)
        except ResultError as error:
            return Err(error.value)
        if isinstance(value, Operation) or inspect.isgenerator(value):
            return _adapted_later(value)
        return value if isinstance(value, Ok | Err) else Ok(value)

    return call


def _adapted_later(waiting: Any) -> Any:
    try:
        value = (yield waiting) if isinstance(waiting, Operation) else (yield from waiting)
    except ResultError as error:
        return Err(error.value)
    return value if isinstance(value, Ok | Err) else Ok(value)


def _is_coroutine_function(function: Callable[..., Any]) -> bool:
    if inspect.iscoroutinefunction(function):
        return True
    return inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


class ResourceClasses:
    """The resource type of each Python class; one class is one type wherever it is offered."""

    def __init__(self) -> None:
        self._types: dict[type, ResourceType] = {}

    def type_of(self, cls: type, name: str) -> ResourceType:
        """The resource type of a class; ``name`` is for messages."""
        if cls not in self._types:
            self._types[cls] = ResourceType(name, _close)
        return self._types[cls]


def _close(instance: object) -> object:
    close = getattr(instance, "close", None)
    if close is None:
        return None
    return Await(close) if _is_coroutine_function(close) else close()


def _lookup(implementation: object, *names: str) -> Any:
    """The first of these attributes (or keys) that is there, or None."""
    for name in names:
        if isinstance(implementation, Mapping):
            found = implementation.get(name)
        else:
            found = getattr(implementation, name, None)
        if found is not None:
            return found
    return None


def _resource_class(implementation: object, name: str) -> type | None:
    found = _lookup(implementation, class_name(name), name)
    return found if isinstance(found, type) else None


class ObjectFunctions(Mapping[str, Callable[..., object]]):
    """The functions of an interface, found in a Python object (or a mapping) when asked for."""

    def __init__(self, implementation: object) -> None:
        self._implementation = implementation

    def __getitem__(self, name: str) -> Callable[..., object]:
        found = self._find(name)
        if not callable(found):
            raise KeyError(name)
        return HostFunctionOfPython(found)

    def _find(self, name: str) -> Any:
        if not name.startswith("["):
            attribute = name.replace("-", "_")
            return _lookup(self._implementation, name, attribute, attribute_name(name))
        kind, _, path = name[1:].partition("]")
        resource, _, member = path.partition(".")
        cls = _resource_class(self._implementation, resource)
        if cls is None or kind == "constructor":
            return cls
        attribute = attribute_name(member)
        found = getattr(cls, attribute, None)
        if found is None or kind == "static":
            return found
        return _method(attribute, is_coroutine=_is_coroutine_function(found))

    def __iter__(self) -> Iterator[str]:
        for name in _public_names(self._implementation):
            found = _lookup(self._implementation, name)
            if callable(found) and not isinstance(found, type):
                yield field_name(name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _method(attribute: str, *, is_coroutine: bool) -> Callable[..., Any]:
    """A function that calls a method of its first argument, whichever class that is of."""
    if is_coroutine:

        async def call_later(instance: Any, *arguments: object) -> object:
            return await getattr(instance, attribute)(*arguments)

        return call_later

    def call(instance: Any, *arguments: object) -> object:
        return getattr(instance, attribute)(*arguments)

    return call


class ObjectResources(Mapping[str, ResourceType]):
    """The resource types of an interface: the classes among a Python object's attributes."""

    def __init__(self, implementation: object, classes: ResourceClasses) -> None:
        self._implementation = implementation
        self._classes = classes

    def __getitem__(self, name: str) -> ResourceType:
        cls = _resource_class(self._implementation, name)
        if cls is None:
            raise KeyError(name)
        return self._classes.type_of(cls, name)

    def __iter__(self) -> Iterator[str]:
        for name in _public_names(self._implementation):
            found = _lookup(self._implementation, name)
            if isinstance(found, type):
                yield "-".join(_words(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _words(name: str) -> list[str]:
    """``KeyValue`` as ``key`` and ``value``; other names as they are."""
    words: list[str] = []
    for character in name:
        if character.isupper() or not words:
            words.append("")
        words[-1] += character.lower()
    return words


def _public_names(implementation: object) -> list[str]:
    if isinstance(implementation, Mapping):
        return [str(name) for name in implementation]
    return [name for name in dir(implementation) if not name.startswith("_")]
