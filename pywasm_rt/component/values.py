"""Component values as Python objects.

=====================  ==========================================================================
bool, integers         ``bool``, ``int``
f32, f64               ``float``
char                   ``str`` of one character
string                 ``str``
list<u8>               ``bytes`` (any bytes-like object or sequence of integers is accepted)
list<T>                ``list`` (any sequence is accepted)
record                 :class:`Record` (a mapping, or an object with such attributes, is accepted)
tuple                  ``tuple``
variant                :class:`Variant` (a plain ``str`` is accepted for a case without payload)
enum                   ``str``
option<T>              None or the value; if T is itself an option, None or :class:`Some`
result<T, E>           :class:`Ok` or :class:`Err`
flags                  ``frozenset`` of ``str`` (any iterable of ``str`` is accepted)
map<K, V>              ``dict`` (a list of pairs is accepted)
own, borrow            the host's own object, or :class:`ResourceHandle` for a guest's resource
error-context          :class:`ErrorContext`
=====================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Self

from pywasm_rt.component.drive import Steps, complete
from pywasm_rt.component.types import ResourceType
from pywasm_rt.engine.driver import Meter
from pywasm_rt.errors import ComponentError

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    # A bare ``Ok`` is one of anything; from Python 3.13 on this needs no extension.
    _T_co = TypeVar("_T_co", default=Any, covariant=True)
else:
    from typing import TypeVar

    _T_co = TypeVar("_T_co", covariant=True)

__all__ = ["Err", "ErrorContext", "Ok", "Record", "ResourceHandle", "Some", "Variant", "field_name"]


def field_name(attribute: str) -> str:
    """The kebab-case name that a Python attribute stands for.

    Underscores are hyphens, and a trailing one, which Python programmers put behind reserved
    words, is dropped: ``exit_code`` is ``exit-code`` and ``from_`` is ``from``.
    """
    return attribute.rstrip("_").replace("_", "-")


class Record:
    """A record: its fields are attributes, in the order of the type.

    ``exit-code`` can be read as ``record.exit_code``, ``record["exit-code"]`` and
    ``getattr(record, "exit-code")``. ``vars(record)`` is the mapping from kebab-case names. Two
    records are equal when their fields are. ``Record(exit_code=0)`` and
    ``Record({"exit-code": 0})`` make the same one.
    """

    def __init__(self, fields: Mapping[str, object] | None = None, /, **attributes: object) -> None:
        values = self.__dict__
        if fields is not None:
            values.update(fields)
        for attribute, value in attributes.items():
            values[field_name(attribute)] = value

    def __getattr__(self, name: str) -> object:
        if not name.startswith("__"):
            try:
                return self.__dict__[field_name(name)]
            except KeyError:
                pass
        there_is = ", ".join(self.__dict__) or "none"
        raise AttributeError(f"record has no field {name!r}; its fields: {there_is}")

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__[field_name(name)] = value

    def __getitem__(self, name: str) -> object:
        values = self.__dict__
        return values[name] if name in values else values[field_name(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __len__(self) -> int:
        return len(self.__dict__)

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.items()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"Record({fields})"


@dataclass(frozen=True, slots=True)
class Variant:
    """One case of a variant; ``payload`` is None for a case without one."""

    tag: str
    payload: object = None


@dataclass(frozen=True, slots=True)
class Some(Generic[_T_co]):
    """A present option whose value may itself be an option: ``Some(None)`` is not ``None``."""

    value: _T_co


@dataclass(frozen=True, slots=True)
class Ok(Generic[_T_co]):
    """The good side of a ``result``; ``value`` is None if it carries nothing."""

    value: _T_co = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Err(Generic[_T_co]):
    """The bad side of a ``result``; ``value`` is None if it carries nothing."""

    value: _T_co = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What an ``error-context`` carries: a message for people who look for an error's cause."""

    debug_message: str = ""


@dataclass(eq=False, repr=False, slots=True)
class ResourceHandle:
    """The host's handle to a resource that a guest made.

    ``owned`` tells an ``own`` from a ``borrow``. An owning handle is used up when it is passed as
    ``own`` or dropped; a borrow ends with the host call it came with. Dropping runs the guest's
    destructor, if it has one (``dropper``, a generator as in :mod:`pywasm_rt.engine.driver`).
    Handles are context managers: ``with handle: ...`` drops at the end. The methods that a guest
    exports for the resource are attributes, in snake_case, of handles to it, as far as whoever
    made the instance offers them (see :attr:`GuestResourceType.methods
    <pywasm_rt.component.resources.GuestResourceType.methods>`).
    """

    type: ResourceType
    representation: int
    owned: bool = True
    dropper: Callable[[ResourceHandle, Meter], Steps] | None = field(default=None, repr=False)
    alive: bool = True
    lends: int = field(default=0, repr=False)

    def drop(self) -> None:
        """Give the resource up, in a plain loop.

        Raises ComponentError if the handle is used up or lent, and what the destructor raises.
        """
        complete(self.start_drop(Meter()))

    def start_drop(self, meter: Meter) -> Steps:
        """Give the resource up, as a generator for whoever drives guests; nothing has run yet."""
        self.check_alive()
        if self.lends:
            raise ComponentError(f"{self.type} cannot be dropped while it is lent")
        self.alive = False
        if self.owned and self.dropper is not None:
            yield from self.dropper(self, meter)

    def check_alive(self) -> None:
        """Raise ComponentError if the handle is used up."""
        if not self.alive:
            raise ComponentError(f"the handle to {self.type} was used up or dropped before")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in type(self).__slots__:
            raise AttributeError(name)
        methods: Mapping[str, Any] = getattr(self.type, "methods", {})
        if name in methods:
            return methods[name].bound_to(self)
        there_is = ", ".join(methods) or "none"
        raise AttributeError(f"{self.type} has no method {name!r}; its methods: {there_is}")

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *getattr(self.type, "methods", {})]

    def __repr__(self) -> str:
        kind = "own" if self.owned else "borrow"
        state = "" if self.alive else ", used up"
        return f"<{kind}<{self.type}> {self.representation}{state}>"

    def __enter__(self) -> Self:
        self.check_alive()
        return self

    def __exit__(self, *_: object) -> None:
        if self.alive:
            self.drop()
