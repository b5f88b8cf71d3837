"""Scripts (``.wast``) as data: the commands and expectations of the official test format.

The parser of scripts is in ``wasm/text``; what runs them is outside the package. A command keeps
its line and column (``position`` is ``line << 12 | column``). Text modules stay unparsed until
:meth:`ModuleSource.load` is called, because a script may hold modules that are malformed on
purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import AbstractHeapType, NumberType

__all__ = [
    "Action",
    "Assertion",
    "AssertionKind",
    "Command",
    "DefineModule",
    "Either",
    "Get",
    "InstantiateModule",
    "Invoke",
    "ModuleSource",
    "NaNPattern",
    "NumberPattern",
    "NumberValue",
    "ReferencePattern",
    "ReferenceValue",
    "Register",
    "ResultPattern",
    "ScriptValue",
    "StartThread",
    "VectorPattern",
    "VectorValue",
    "WaitThread",
]

AssertionKind = str
"""The keyword: ``assert_return``, ``assert_trap``, ``assert_malformed_custom`` ..."""


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A module in a script.

    ``form`` is ``"text"`` (written out), ``"binary"`` or ``"quote"``; ``binary`` holds the bytes
    of a binary form. ``load`` parses or decodes; it raises ParseError or DecodeError.
    """

    form: str
    load: Callable[[], Module]
    name: str = ""
    binary: bytes | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class NumberValue:
    """``(i32.const 1)`` and so on; ``bits`` is unsigned and of the type's width."""

    type: NumberType
    bits: int


@dataclass(frozen=True, slots=True)
class VectorValue:
    """``(v128.const shape ...)`` as 128 bits, lane 0 lowest."""

    bits: int


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """``(ref.null ht)``, ``(ref.extern N)``, ``(ref.host N)``.

    ``kind`` is ``"null"``, ``"extern"`` or ``"host"``.
    """

    kind: str
    heap: AbstractHeapType | None = None
    number: int | None = None


ScriptValue = NumberValue | VectorValue | ReferenceValue


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A number that must agree bit by bit."""

    type: NumberType
    bits: int


@dataclass(frozen=True, slots=True)
class NaNPattern:
    """``nan:canonical`` or ``nan:arithmetic`` (``arithmetic`` True) of a float type."""

    type: NumberType
    arithmetic: bool


@dataclass(frozen=True, slots=True)
class VectorPattern:
    """Lanes of ``lane_bits`` each, lane 0 first."""

    lane_bits: int
    lanes: tuple[NumberPattern | NaNPattern, ...]


@dataclass(frozen=True, slots=True)
class ReferencePattern:
    """``(ref.null)``, ``(ref.null ht)``, ``(ref.func)``, ``(ref.extern 1)``, ``(ref.struct)`` ...

    ``kind`` is the word after ``ref.``; ``number`` is None where any will do.
    """

    kind: str
    heap: AbstractHeapType | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Either:
    """``(either r1 r2 ...)``: any of these."""

    choices: tuple[ResultPattern, ...]


ResultPattern = NumberPattern | NaNPattern | VectorPattern | ReferencePattern | Either


@dataclass(frozen=True, slots=True)
class Invoke:
    """``(invoke $module? "name" arguments*)``."""

    module: str
    name: str
    arguments: tuple[ScriptValue, ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class Get:
    """``(get $module? "name")``: the value of an exported global."""

    module: str
    name: str
    position: int = 0


Action = Invoke | Get


@dataclass(frozen=True, slots=True)
class DefineModule:
    """``(module ...)``; with ``definition`` it is not instantiated."""

    source: ModuleSource
    definition: bool
    position: int = 0


@dataclass(frozen=True, slots=True)
class InstantiateModule:
    """``(module instance $instance? $definition?)``."""

    instance: str
    definition: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Register:
    """``(register "name" $module?)``."""

    name: str
    module: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Assertion:
    """``(assert_... subject expectation)``.

    ``subject`` is an action or a module; ``message`` is the expected text (``""`` where there is
    none), ``results`` the expected results of an ``assert_return``.
    """

    kind: AssertionKind
    subject: Action | ModuleSource
    message: str = ""
    results: tuple[ResultPattern, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class StartThread:
    """``(thread $name (shared (module $m))* commands*)`` of the threads proposal."""

    name: str
    shared: tuple[str, ...]
    commands: Sequence[Command] = field(default_factory=tuple)
    position: int = 0


@dataclass(frozen=True, slots=True)
class WaitThread:
    """``(wait $name)``."""

    name: str
    position: int = 0


Command = (
    DefineModule
    | InstantiateModule
    | Register
    | Invoke
    | Get
    | Assertion
    | StartThread
    | WaitThread
)
