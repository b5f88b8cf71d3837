"""Component scripts (``.wast``) as data: commands and expectations.

As :mod:`pywasm_rt.wasm.script` for core modules: the parser is in ``text/script``, what runs the
scripts is outside the package, positions are ``line << 12 | column``, and components in text stay
unparsed until :meth:`ComponentSource.load` is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.component.syntax import ComponentSyntax

__all__ = [
    "ComponentAssertion",
    "ComponentCommand",
    "ComponentSource",
    "DefineComponent",
    "InstantiateComponent",
    "InvokeFunction",
    "NaNValue",
    "WrittenValue",
]


@dataclass(frozen=True, slots=True)
class ComponentSource:
    """A component in a script.

    ``form`` is ``"text"`` (written out), ``"binary"`` or ``"quote"``; ``binary`` holds the bytes
    of a binary form. ``load`` parses or decodes; it raises ParseError, DecodeError,
    UnsupportedFeature, and ValidationError for a few rules about options.
    """

    form: str
    load: Callable[[], ComponentSyntax]
    name: str = ""
    binary: bytes | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class NaNValue:
    """``nan:canonical`` or ``nan:arithmetic`` as an expected float."""

    arithmetic: bool


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """``(kind.const value)``, whose type is known only where it is used.

    ``kind`` is a primitive type's name or ``list record tuple variant enum option result flags``.
    ``value`` is: a bool, int, float (or :class:`NaNValue`), str; for ``list`` and ``tuple`` a tuple
    of values; for ``record`` a tuple of (name, value); for ``variant`` and ``result`` a pair of the
    case (``ok`` or ``err`` for a result) and a value or None; for ``option`` a value or None; for
    ``enum`` a str; for ``flags`` a tuple of str.
    """

    kind: str
    value: object


@dataclass(frozen=True, slots=True)
class InvokeFunction:
    """``(invoke $instance? "function" arguments*)``."""

    instance: str
    name: str
    arguments: tuple[WrittenValue, ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class DefineComponent:
    """``(component ...)``; with ``definition`` it is not instantiated."""

    source: ComponentSource
    definition: bool
    position: int = 0


@dataclass(frozen=True, slots=True)
class InstantiateComponent:
    """``(component instance $instance? $definition?)``."""

    instance: str
    definition: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class ComponentAssertion:
    """``(assert_... subject expectation)``.

    ``kind`` is the keyword, ``message`` the expected text (``""`` where there is none), ``results``
    the expected results of an ``assert_return``: one or none.
    """

    kind: str
    subject: InvokeFunction | ComponentSource
    message: str = ""
    results: tuple[WrittenValue, ...] = ()
    position: int = 0


ComponentCommand = DefineComponent | InstantiateComponent | InvokeFunction | ComponentAssertion
