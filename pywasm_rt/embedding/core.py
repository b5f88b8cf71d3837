"""Core modules as Python programs use them: exports are called, imports are Python functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pywasm_rt.component.component import Component
from pywasm_rt.component.drive import complete
from pywasm_rt.component.suggestion import did_you_mean
from pywasm_rt.embedding.code import load_program
from pywasm_rt.embedding.performing import (
    Await,
    complete_async,
    complete_within,
    perform_blocking,
)
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Drive, Meter, drive
from pywasm_rt.engine.interface import (
    Engine,
    Extern,
    ExternDescription,
    HostFunction,
    Instance,
    Limits,
    LoadedModule,
    Memory,
    Unfinished,
)
from pywasm_rt.errors import LinkError
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import MODULE_NAME, Preview1
from pywasm_rt.wasi.preview1.run import initialize
from pywasm_rt.wasm.types import ExternKind, FunctionType, GlobalType

__all__ = ["CoreExport", "CoreImports", "CoreInstance", "resolve_imports"]

CoreImports = Mapping[str, Any]
"""By module name: a Python module, another object, a mapping or a :class:`CoreInstance`, whose
attributes are the imports by name (functions, or a number for a global)."""


class CoreExport:
    """An exported function of a core instance: ``f(*arguments)``, ``await f.call_async(...)``.

    Arguments are numbers and references; integers may be signed or unsigned. The result is None,
    a value, or a tuple of several; integers are unsigned.
    """

    __slots__ = ("_seconds", "function", "instance", "name")

    def __init__(
        self, name: str, function: Any, instance: Instance, seconds: float | None = None
    ) -> None:
        self.name = name
        self.function = function
        self.instance = instance
        self._seconds = seconds

    @property
    def type(self) -> FunctionType:
        """Parameters and results."""
        type: FunctionType = self.function.type
        return type

    def __repr__(self) -> str:
        return f"<CoreExport {self.name}: {self.type}>"

    def start(self, arguments: tuple[object, ...], meter: Meter) -> Drive:
        """Begin a call: a generator as in :mod:`pywasm_rt.engine.driver`; nothing has run yet."""
        return drive(self.instance.start(self.function, arguments), meter)

    def within(self, seconds: float) -> CoreExport:
        """The same function, whose plain calls end in an ExhaustionError (``time``) when they take
        longer.
        """
        return CoreExport(self.name, self.function, self.instance, seconds)

    def __call__(self, *arguments: object) -> Any:
        """Call and return the result. Raises TypeError for wrong arguments, and as the guest ends:
        Trap, ExhaustionError, GuestException, GuestExit, what a host function raised.
        """
        if self._seconds is None:
            found = self.instance.attempt(self.function, arguments)
            if isinstance(found, Unfinished):
                meter = Meter()
                meter.depth = found.nesting
                found = complete(drive(found.execution, meter, found.reply), perform_blocking)
            return _result(found)
        meter = Meter()
        return _result(complete_within(self.start(arguments, meter), meter, self._seconds))

    call = __call__

    async def call_async(self, *arguments: object) -> Any:
        """The same, while others run on the event loop."""
        meter = Meter()
        return _result(await complete_async(self.start(arguments, meter), meter))


def _result(values: Any) -> Any:
    return None if not values else values[0] if len(values) == 1 else values


class CoreInstance:
    """An instance of a core module; its exports are attributes and items.

    ``module`` is a binary, a path, or a loaded module. ``imports`` are by module name:
    objects, modules or mappings with functions (:data:`CoreImports`). ``wasi`` gives preview 1; the
    context serves this instance, and whoever made it closes it. The start function, and the
    ``_initialize`` of a reactor, have run when this is made.

    Raises what :func:`~pywasm_rt.embedding.code.load_program` raises, LinkError for a component and
    for whatever is missing, all at once, and what the start function raises.
    """

    def __init__(
        self,
        module: bytes | str | Path | LoadedModule,
        imports: CoreImports | None = None,
        *,
        wasi: WasiContext | None = None,
        limits: Limits | None = None,
        engine: Engine | None = None,
    ) -> None:
        engine = get_engine() if engine is None else engine
        if isinstance(module, bytes | str | Path):
            code = load_program(module, engine)
            if isinstance(code, Component):
                raise LinkError("this is a component; Linker makes instances of components")
            module = code
        preview1 = None if wasi is None else Preview1(wasi)
        resolved = resolve_imports(module, imports or {}, engine, preview1)
        self._functions = {it.name for it in module.exports if it.kind is ExternKind.FUNCTION}
        self.instance = engine.instantiate(module, resolved, limits)
        if preview1 is not None and any(it.module == MODULE_NAME for it in module.imports):
            preview1.bind(self.instance)
        complete(initialize(self.instance, Meter(is_plain=True)), perform_blocking)

    def __getitem__(self, name: str) -> Any:
        item = self.instance.exports.get(name)
        if item is None:
            raise KeyError(name)
        return CoreExport(name, item, self.instance) if name in self._functions else item

    def __getattr__(self, name: str) -> Any:
        is_made = "instance" in self.__dict__
        if is_made:
            for wanted in (name, name.replace("_", "-")):
                if wanted in self.instance.exports:
                    return self[wanted]
        exports = ", ".join(self.instance.exports) if is_made else ""
        raise AttributeError(f"the module exports no {name!r}; there is: {exports or 'nothing'}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.instance.exports)

    def __len__(self) -> int:
        return len(self.instance.exports)

    def __contains__(self, name: object) -> bool:
        return name in self.instance.exports

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self.instance.exports]

    def __repr__(self) -> str:
        return f"<CoreInstance: exports {', '.join(self.instance.exports) or 'nothing'}>"

    @property
    def memory(self) -> Memory:
        """The memory that is exported as ``memory``. Raises AttributeError if there is none."""
        found: Any = self.instance.exports.get("memory")
        if found is None or not hasattr(found, "size_bytes"):
            raise AttributeError("the module exports no memory called memory")
        return found  # type: ignore[no-any-return]


def resolve_imports(
    module: LoadedModule, imports: CoreImports, engine: Engine, preview1: Preview1 | None
) -> dict[tuple[str, str], Any]:
    """What the module imports, from Python objects. Raises LinkError for all that is missing."""
    found: dict[tuple[str, str], Any] = {}
    missing: list[str] = []
    given = dict(preview1.imports) if preview1 is not None else {}
    for wanted in module.imports:
        key = (wanted.module, wanted.name)
        if wanted.module in imports:
            item = _member(imports[wanted.module], wanted.name)
            if item is not None:
                found[key] = _extern(item, wanted, engine)
                continue
        if key in given:
            found[key] = given[key]
            continue
        missing.append(_missing(wanted, imports))
    if missing:
        sentence = f"the module imports what is not there: {'; '.join(missing)}"
        raise LinkError(sentence, missing=tuple(missing))
    return found


def _missing(wanted: ExternDescription, imports: CoreImports) -> str:
    what = f"{wanted.kind.keyword} {wanted.module}.{wanted.name}"
    if wanted.kind is ExternKind.FUNCTION:
        what += f": {wanted.type}"
    if wanted.module == MODULE_NAME:
        return f"{what} (give a WasiContext as wasi=)"
    source = imports.get(wanted.module)
    names = [] if source is None else _names(source)
    close = did_you_mean(wanted.name, names)
    return what if close is None else f"{what} (did you mean {close}?)"


def _names(source: object) -> list[str]:
    if isinstance(source, Mapping | CoreInstance):
        return [str(name) for name in source]
    return [name for name in dir(source) if not name.startswith("_")]


def _member(source: object, name: str) -> Any:
    """An import in what was given for its module, by its own name or that of a Python attribute."""
    if isinstance(source, Mapping):
        return source[name] if name in source else source.get(name.replace("-", "_"))
    if isinstance(source, CoreInstance):
        return source[name] if name in source.instance.exports else None
    for attribute in (name, name.replace("-", "_"), f"{name}_"):
        found = getattr(source, attribute, None)
        if found is not None:
            return found
    return None


def _extern(item: Any, wanted: ExternDescription, engine: Engine) -> Extern | HostFunction:
    """A Python object as the engine takes it for an import."""
    if isinstance(item, CoreExport):
        return item.function  # type: ignore[no-any-return]
    if wanted.kind is ExternKind.FUNCTION and callable(item):
        assert isinstance(wanted.type, FunctionType), "that is a function's type"
        return HostFunction(wanted.type, _awaiting(item), f"{wanted.module}.{wanted.name}")
    if isinstance(wanted.type, GlobalType) and isinstance(item, int | float):
        return engine.new_global(wanted.type, item)
    return item  # type: ignore[no-any-return]


def _awaiting(function: Callable[..., Any]) -> Callable[..., object]:
    if not inspect.iscoroutinefunction(function):
        return function
    return lambda *arguments: Await(function, arguments)
