"""Instances of components as Python programs use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pywasm_rt.component.component import Component
from pywasm_rt.component.frame import Frame, HostItem
from pywasm_rt.component.functions import LiftedFunction
from pywasm_rt.component.instance import ComponentFunction, ComponentInstance
from pywasm_rt.component.resources import GuestResourceType
from pywasm_rt.component.types import FunctionType, InstanceType
from pywasm_rt.component.values import Err, Ok, ResourceHandle
from pywasm_rt.embedding.host_object import attribute_name, class_name
from pywasm_rt.embedding.performing import complete_async, complete_within, perform_blocking
from pywasm_rt.engine.driver import Meter
from pywasm_rt.errors import ResultError

__all__ = ["BoundMethod", "Function", "Instance", "InterfaceView"]


class Function(ComponentFunction):
    """An exported function: ``f(*arguments)``, ``f.call(*arguments)``, or
    ``await f.call_async(*arguments)``.

    Arguments and result are component values (:mod:`pywasm_rt.component.values`). What the guest
    waits for meanwhile is performed: a plain call blocks its thread, an awaited one lets the event
    loop go on. Cancelling the awaiting task ends the guest where it stands.
    """

    __slots__ = ("_raises", "_seconds")

    def __init__(
        self,
        name: str,
        type: FunctionType,
        item: LiftedFunction | HostItem,
        *,
        raises: bool = False,
        seconds: float | None = None,
    ) -> None:
        super().__init__(name, type, item, perform_blocking)
        self._raises = raises
        self._seconds = seconds

    @property
    def raising(self) -> Function:
        """The same function, which gives the value of an ``ok``, and raises
        :class:`~pywasm_rt.errors.ResultError` for an ``err``.
        """
        return Function(self.name, self.type, self._item, raises=True, seconds=self._seconds)

    def within(self, seconds: float) -> Function:
        """The same function, whose plain calls end in an ExhaustionError (``time``) when they take
        longer, whether the guest computes or waits. (Awaited ones have :func:`asyncio.timeout`.)
        """
        return Function(self.name, self.type, self._item, raises=self._raises, seconds=seconds)

    def call(self, *arguments: object) -> Any:
        """Call and return the result. Raises as :meth:`ComponentFunction.start
        <pywasm_rt.component.instance.ComponentFunction.start>`.
        """
        if self._seconds is None:
            value = super().call(*arguments)
        else:
            meter = Meter()
            value = complete_within(self.start(arguments, meter), meter, self._seconds)
        return self._value(value) if self._raises else value

    async def call_async(self, *arguments: object) -> Any:
        """The same, while others run on the event loop."""
        meter = Meter()
        value = await complete_async(self.start(arguments, meter), meter)
        return self._value(value) if self._raises else value

    def bound_to(self, handle: ResourceHandle) -> BoundMethod:
        """The function as a method of a resource."""
        return BoundMethod(self, handle)

    def _value(self, value: object) -> object:
        if isinstance(value, Err):
            raise ResultError(value.value, self.name)
        return value.value if isinstance(value, Ok) else value


class BoundMethod:
    """A method of a guest's resource, called as a :class:`Function` is."""

    __slots__ = ("function", "handle")

    def __init__(self, function: Function, handle: ResourceHandle) -> None:
        self.function = function
        self.handle = handle

    def __repr__(self) -> str:
        return f"<BoundMethod {self.function.name} of {self.handle!r}>"

    def __call__(self, *arguments: object) -> Any:
        """Call the method with the resource, and these arguments behind it."""
        return self.function.call(self.handle, *arguments)

    def call(self, *arguments: object) -> Any:
        """The same."""
        return self.function.call(self.handle, *arguments)

    async def call_async(self, *arguments: object) -> Any:
        """The same, while others run on the event loop."""
        return await self.function.call_async(self.handle, *arguments)

    @property
    def raising(self) -> BoundMethod:
        """See :attr:`Function.raising`."""
        return BoundMethod(self.function.raising, self.handle)

    def within(self, seconds: float) -> BoundMethod:
        """See :meth:`Function.within`."""
        return BoundMethod(self.function.within(seconds), self.handle)


class InterfaceView:
    """An exported interface as a Python object: its functions are attributes, in snake_case.

    A resource's constructor is there by the name of a class (``Counter(5)``), and its static
    functions behind that (``Counter.from_text("5")``); what they give are handles that have the
    resource's methods as attributes and are context managers.
    """

    def __init__(self, name: str, functions: Mapping[str, Function]) -> None:
        self._name = name
        self._members: dict[str, Function | ResourceView] = {}
        for key, function in functions.items():
            if not key.startswith("["):
                self._members[attribute_name(key)] = function
                continue
            resource = key.partition("]")[2].partition(".")[0]
            view = self._members.setdefault(class_name(resource), ResourceView(resource))
            if isinstance(view, ResourceView):
                view.add(key, function)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._members:
            return self._members[name]
        raise AttributeError(
            f"{self._name or 'the component'} exports no {name!r}; "
            f"there is: {', '.join(self._members) or 'nothing'}"
        )

    def __dir__(self) -> list[str]:
        return [*self._members]

    def __repr__(self) -> str:
        return f"<InterfaceView {self._name}: {', '.join(self._members)}>"


class ResourceView:
    """A resource that a guest exports: its constructor, and its static functions."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._constructor: Function | None = None
        self._static: dict[str, Function] = {}
        self._methods: list[str] = []

    def add(self, key: str, function: Function) -> None:
        """Take note of one of its functions, by the component model's name."""
        kind, _, path = key[1:].partition("]")
        member = attribute_name(path.partition(".")[2])
        if kind == "constructor":
            self._constructor = function
        elif kind == "static":
            self._static[member] = function
        else:
            self._methods.append(member)

    def __call__(self, *arguments: object) -> Any:
        """Make one: a :class:`~pywasm_rt.component.values.ResourceHandle`."""
        if self._constructor is None:
            raise TypeError(f"the resource {self._name} has no constructor")
        return self._constructor.call(*arguments)

    def __getattr__(self, name: str) -> Function:
        if not name.startswith("_") and name in self._static:
            return self._static[name]
        there_is = ", ".join(self._static) or "none"
        message = f"{self._name} has no static function {name!r}; there is: {there_is}"
        raise AttributeError(message)

    def __dir__(self) -> list[str]:
        return [*self._static]

    def __repr__(self) -> str:
        return f"<ResourceView {self._name}: {', '.join((*self._static, *self._methods))}>"


class Instance(ComponentInstance):
    """An instance of a component, made by a :class:`~pywasm_rt.embedding.linker.Linker`."""

    def __init__(self, component: Component, frame: Frame) -> None:
        super().__init__(component, frame)
        for name, type in self.exports.items():
            if isinstance(type, InstanceType):
                _give_methods(self._functions_of(name), frame.exports[name])
        _give_methods(self._functions_of(None), frame.exports)

    def function(self, name: str) -> Function:
        """An exported function: see :meth:`ComponentInstance.function
        <pywasm_rt.component.instance.ComponentInstance.function>`.
        """
        found = super().function(name)
        assert isinstance(found, Function), "it was made by _function"
        return found

    def interface(self, name: str | None = None) -> InterfaceView:
        """An exported interface as a Python object; without a name, the functions of the world.

        Raises ComponentError if there is no such interface, or several.
        """
        full = None if name is None else self.find_interface(name)
        return InterfaceView(full or "", self._functions_of(full))

    def _functions_of(self, interface: str | None) -> dict[str, Function]:
        exports, items = self.exports, self.frame.exports
        if interface is not None:
            type = exports[interface]
            assert isinstance(type, InstanceType), "find_interface gives names of interfaces"
            exports, items = type.exports, items[interface]
        prefix = "" if interface is None else f"{interface}#"
        return {
            name: self._function(prefix + name, type, items[name])
            for name, type in exports.items()
            if isinstance(type, FunctionType)
        }

    def _function(self, name: str, type: FunctionType, item: Any) -> Function:
        return Function(name, type, item)


def _give_methods(functions: Mapping[str, Function], items: Mapping[str, Any]) -> None:
    """Let handles to the resources among ``items`` have their methods as attributes."""
    for key, function in functions.items():
        if key.startswith("[method]"):
            resource, _, method = key.removeprefix("[method]").partition(".")
            type = items.get(resource)
            if isinstance(type, GuestResourceType):
                type.methods[attribute_name(method)] = function
