"""Instances of components as a host sees them, and calling their functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pywasm_rt.component.component import Component
from pywasm_rt.component.drive import Steps, answer, complete
from pywasm_rt.component.frame import Frame, HostItem
from pywasm_rt.component.functions import LiftedFunction
from pywasm_rt.component.names import best_match
from pywasm_rt.component.types import ExternType, FunctionType, InstanceType
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Store
from pywasm_rt.errors import ComponentError
from pywasm_rt.operations import Operation

__all__ = ["ComponentFunction", "ComponentInstance"]


class ComponentFunction:
    """An exported function. ``name`` is ``greet`` or ``interface#greet``."""

    __slots__ = ("_item", "name", "perform", "type")

    def __init__(
        self,
        name: str,
        type: FunctionType,
        item: LiftedFunction | HostItem,
        perform: Callable[[Operation], object] | None = None,
    ) -> None:
        self.name = name
        self.type = type
        self.perform = perform
        self._item = item

    def __repr__(self) -> str:
        return f"<ComponentFunction {self.name}: {self.type}>"

    def start(self, arguments: Sequence[object], meter: Meter) -> Steps:
        """Begin a call: a generator as in :mod:`pywasm_rt.engine.driver` that yields operations
        and pauses, and returns the result (None for none). Nothing has run yet.

        Raises ComponentError for arguments that do not fit the type; the instance can then be
        called again. After any other error (Trap, ExhaustionError, GuestExit, what a host function
        raised) it cannot: later calls end in a Trap "cannot enter component instance".
        """
        if isinstance(self._item, HostItem):
            return answer(self._item.implementation(*arguments))
        return self._item.start(arguments, meter)

    def call(self, *arguments: object) -> Any:
        """Call in a plain loop and return the result. Raises as :meth:`start`.

        Operations are performed by ``perform``; without one, a host function that asks for an
        operation gets a Trap.
        """
        item = self._item
        if isinstance(item, LiftedFunction):
            return item.call(arguments, self.perform)
        return complete(self.start(arguments, Meter()), self.perform)

    def __call__(self, *arguments: object) -> Any:
        """The same as :meth:`call`."""
        return self.call(*arguments)


class ComponentInstance:
    """An instance of a component, made by a :class:`~pywasm_rt.component.linker.Linker`."""

    def __init__(self, component: Component, frame: Frame) -> None:
        self.component = component
        self.frame = frame

    def __repr__(self) -> str:
        name = f" {self.component.name}" if self.component.name else ""
        return f"<{type(self).__name__}{name}: exports {', '.join(self.exports) or 'nothing'}>"

    @property
    def exports(self) -> Mapping[str, ExternType]:
        """The exports by name, with their types."""
        return self.component.exports

    @property
    def store(self) -> Store:
        """The store of the core instances: limits, and the fuel spent in all."""
        return self.frame.tree.store

    def functions(self) -> Iterator[ComponentFunction]:
        """All exported functions: of the instance itself, then of its exported interfaces."""
        for name, type in self.exports.items():
            if isinstance(type, FunctionType):
                yield self._function(name, type, self.frame.exports[name])
        for interface, type in self.exports.items():
            if isinstance(type, InstanceType):
                yield from self._of_interface(interface, type)

    def _of_interface(self, interface: str, type: InstanceType) -> Iterator[ComponentFunction]:
        item = self.frame.exports[interface]
        for name, function in type.exports.items():
            if isinstance(function, FunctionType):
                yield self._function(f"{interface}#{name}", function, item[name])

    def _function(self, name: str, type: FunctionType, item: Any) -> ComponentFunction:
        """An exported function as an object; what a subclass hands out is for it to say."""
        return ComponentFunction(name, type, item)

    def find_interface(self, name: str) -> str:
        """The full name of an exported interface.

        ``name`` may be of another version on the same track, have no version, or be the bare
        name of the interface, if only one is meant. Raises ComponentError.
        """
        interfaces = [it for it, type in self.exports.items() if isinstance(type, InstanceType)]
        found = best_match(name, interfaces)
        if found is not None:
            return found
        candidates = [it for it in interfaces if it.partition("@")[0] == name]
        if not candidates:
            candidates = [
                it for it in interfaces if it.partition("@")[0].rpartition("/")[2] == name
            ]
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise ComponentError(f"interface {name!r} may be {' or '.join(candidates)}")
        there_is = ", ".join(interfaces) or "none"
        raise ComponentError(f"no interface {name!r} is exported; there is: {there_is}")

    def function(self, name: str) -> ComponentFunction:
        """An exported function: ``greet``, ``test:pkg/iface@1.0.0#greet``, ``iface#greet``.

        A function of an exported interface is also found by its own name, if that is unambiguous.
        Raises ComponentError, which lists what there is.
        """
        interface, hash_, function = name.rpartition("#")
        if hash_:
            full = self.find_interface(interface)
            wanted = f"{full}#{function}"
            found = [it for it in self.functions() if it.name == wanted]
        else:
            found = [it for it in self.functions() if it.name == name]
            if not found:
                found = [it for it in self.functions() if it.name.rpartition("#")[2] == name]
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(it.name for it in found)
            raise ComponentError(f"function {name!r} may be {names}")
        names = ", ".join(it.name for it in self.functions()) or "none"
        raise ComponentError(f"no function {name!r} is exported; there is: {names}")
