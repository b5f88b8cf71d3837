"""Functions of WIT as methods of Python classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pywasm_rt.bindgen.definitions import docstring, hidden_builtins
from pywasm_rt.bindgen.expressions import Expressions
from pywasm_rt.bindgen.naming import Names, attribute_name
from pywasm_rt.component import types as t

__all__ = ["Method", "methods_of", "protocol_method", "resource_of", "wrapper_method"]

LINE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Method:
    """One function: its name in WIT (``[method]file.read``), the method's, the type, the docs."""

    key: str
    name: str
    async_name: str
    type: t.FunctionType
    docs: str

    @property
    def is_resource_method(self) -> bool:
        """Whether it belongs to the class of its resource."""
        return self.key.startswith("[method]")

    @property
    def parameters(self) -> tuple[tuple[str, t.ValueType], ...]:
        """The parameters behind ``self``."""
        return self.type.parameters[1:] if self.is_resource_method else self.type.parameters


def resource_of(key: str) -> str:
    """The resource that a function belongs to; "" for a free one."""
    return key.partition("]")[2].partition(".")[0] if key.startswith("[") else ""


def methods_of(
    functions: Mapping[str, t.FunctionType],
    docs: Mapping[str, str],
    taken: Iterable[str] = (),
) -> list[Method]:
    """The methods that functions become in one class.

    A constructor is called as its resource, a static function has the resource's name before its
    own. Each has its awaited form beside it.
    """
    names = Names(("self", *taken))
    chosen = [(key, names.give(_method_name(key)), type) for key, type in functions.items()]
    return [
        Method(key, name, names.give(f"{name}_async"), type, docs.get(key, ""))
        for key, name, type in chosen
    ]


def _method_name(key: str) -> str:
    if not key.startswith("["):
        return attribute_name(key)
    kind, _, path = key[1:].partition("]")
    resource, _, member = path.partition(".")
    if kind == "method":
        return attribute_name(member)
    return attribute_name(f"{resource}-{member}" if member else resource)


def protocol_method(method: Method, write: Expressions, hidden: frozenset[str]) -> list[str]:
    """What an implementation of the host's has to have."""
    parameters = ("self", *_parameters(method, write, hidden))
    answer = write.type(method.type.result, hidden)
    if isinstance(method.type.result, t.ResultType):
        answer += f" | {write.type(method.type.result.ok, hidden)}"
    lines = _head(f"def {method.name}", parameters, f"_rt.Answer[{answer}]")
    return [*lines, *docstring(method.docs or f"``{method.key}``", "        "), "        ..."]


def wrapper_method(method: Method, write: Expressions, hidden: frozenset[str]) -> list[str]:
    """The two methods that call a guest's function: plain, and awaited."""
    parameters = ("self", *_parameters(method, write, hidden))
    returned = write.type(method.type.result, hidden)
    names = [name for name, _ in _named(method)]
    target = f'"{attribute_name(method.key.partition(".")[2])}", _SIGNATURES["{method.key}"]'
    if not method.is_resource_method:
        target = f'"{method.key}"'
    arguments = ", ".join((target, *names))
    docs = docstring(method.docs or f"``{method.key}``", "        ")
    local = write.type(method.type.result, hidden | hidden_builtins(names))
    return [
        *_head(f"def {method.name}", parameters, returned),
        *docs,
        *_body(f"self._call({arguments})", method, local),
        "",
        *_head(f"async def {method.async_name}", parameters, returned),
        f'        """As :meth:`{method.name}`, while others run on the event loop."""',
        *_body(f"await self._call_async({arguments})", method, local),
    ]


def _body(call: str, method: Method, local: str) -> Iterator[str]:
    if method.type.result is None:
        yield f"        {call}"
        return
    yield f"        _result: {local} = {call}"
    yield "        return _result"


def _named(method: Method) -> list[tuple[str, t.ValueType]]:
    names = Names(("self", "_result"))
    return [(names.give(attribute_name(name)), type) for name, type in method.parameters]


def _parameters(method: Method, write: Expressions, hidden: frozenset[str]) -> list[str]:
    return [f"{name}: {write.type(type, hidden)}" for name, type in _named(method)]


def _head(start: str, parameters: Sequence[str], returned: str) -> list[str]:
    """The first line of a method, or several if it is long."""
    line = f"    {start}({', '.join(parameters)}) -> {returned}:"
    if len(line) <= LINE_LENGTH:
        return [line]
    inner = [f"        {parameter}," for parameter in parameters]
    return [f"    {start}(", *inner, f"    ) -> {returned}:"]
