"""Comparing resolved WIT with what wasm-tools says of the same files.

Both sides are brought into one form: for each package its interfaces and worlds, in which types
are nested tuples.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.wit import Interface, Resolution

FILES = Path(__file__).parent / "files"


class Oracle:
    """The JSON that wasm-tools prints for WIT, in the common form."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.types = document["types"]
        self.interfaces = document["interfaces"]
        self.worlds = document["worlds"]
        self.packages = document["packages"]

    def form(self) -> dict[str, Any]:
        return {
            package["name"]: (
                {name: self.interface(index) for name, index in package["interfaces"].items()},
                {name: self.world(index) for name, index in package["worlds"].items()},
            )
            for package in self.packages
        }

    def type(self, type: Any) -> Any:
        if type is None or isinstance(type, str):
            return type
        kind = self.types[type]["kind"]
        if kind == "resource":
            return ("own", self.types[type]["name"])
        ((word, body),) = kind.items()
        match word:
            case "type":
                return self.type(body)
            case "handle":
                ((word, resource),) = body.items()
                return (word, self.type(resource)[1])
            case "record":
                return (word, tuple((it["name"], self.type(it["type"])) for it in body["fields"]))
            case "variant":
                return (word, tuple((it["name"], self.type(it["type"])) for it in body["cases"]))
            case "enum" | "flags":
                names = body["cases" if word == "enum" else "flags"]
                return (word, tuple(it["name"] for it in names))
            case "tuple":
                return (word, *map(self.type, body["types"]))
            case "list":
                return (word, self.type(body), None)
            case "fixed-length-list":
                return ("list", self.type(body[0]), body[1])
            case "map":
                return (word, *map(self.type, body))
            case "result":
                return (word, self.type(body["ok"]), self.type(body["err"]))
            case _:
                return (word, self.type(body))

    def function(self, item: dict[str, Any]) -> Any:
        kind = item["kind"] if isinstance(item["kind"], str) else next(iter(item["kind"]))
        parameters = tuple((it["name"], self.type(it["type"])) for it in item["params"])
        return (parameters, self.type(item.get("result")), kind.startswith("async"))

    def interface(self, index: int) -> Any:
        item = self.interfaces[index]
        types = {name: self.type(type) for name, type in item["types"].items()}
        functions = {name: self.function(it) for name, it in item["functions"].items()}
        return (types, functions)

    def world(self, index: int) -> Any:
        item = self.worlds[index]
        return tuple(
            dict(self.world_item(*pair) for pair in item[side].items())
            for side in ("imports", "exports")
        )

    def world_item(self, name: str, item: dict[str, Any]) -> tuple[str, Any]:
        if "interface" in item:
            index = item["interface"]["id"]
            if name.startswith("interface-"):
                interface = self.interfaces[index]
                package, _, version = self.packages[interface["package"]]["name"].partition("@")
                name = f"{package}/{interface['name']}" + (f"@{version}" if version else "")
            return name, self.interface(index)
        if "function" in item:
            return name, self.function(item["function"])
        return name, self.type(item["type"])


TYPE_FORMS: dict[type, Callable[[Any], Any]] = {
    t.PrimitiveType: lambda it: it.value,
    t.ResourceType: lambda it: ("own", it.name),
    t.OwnType: lambda it: ("own", it.resource.name),
    t.BorrowType: lambda it: ("borrow", it.resource.name),
    t.RecordType: lambda it: ("record", tuple((n, type_form(part)) for n, part in it.fields)),
    t.VariantType: lambda it: ("variant", tuple((n, type_form(part)) for n, part in it.cases)),
    t.EnumType: lambda it: ("enum", it.cases),
    t.FlagsType: lambda it: ("flags", it.labels),
    t.TupleType: lambda it: ("tuple", *map(type_form, it.elements)),
    t.ListType: lambda it: ("list", type_form(it.element), it.length),
    t.MapType: lambda it: ("map", type_form(it.key), type_form(it.value)),
    t.OptionType: lambda it: ("option", type_form(it.payload)),
    t.ResultType: lambda it: ("result", type_form(it.ok), type_form(it.error)),
    t.StreamType: lambda it: ("stream", type_form(it.element)),
    t.FutureType: lambda it: ("future", type_form(it.payload)),
}


def type_form(type: Any) -> Any:
    """A type of ours in the common form."""
    return None if type is None else TYPE_FORMS[type.__class__](type)


def item_form(item: Any) -> Any:
    if isinstance(item, Interface):
        types = {name: type_form(entry.type) for name, entry in item.types.items()}
        return (types, {name: item_form(type) for name, type in item.functions.items()})
    if isinstance(item, t.FunctionType):
        parameters = tuple((name, type_form(type)) for name, type in item.parameters)
        return (parameters, type_form(item.result), item.is_async)
    return type_form(item.type)


def resolution_form(resolution: Resolution) -> dict[str, Any]:
    """A resolution in the common form."""
    return {
        name: (
            {key: item_form(interface) for key, interface in package.interfaces.items()},
            {
                key: tuple(
                    {name: item_form(item) for name, item in side.items()}
                    for side in (world.imports, world.exports)
                )
                for key, world in package.worlds.items()
            },
        )
        for name, package in resolution.packages.items()
    }


@pytest.fixture(scope="session")
def form() -> Callable[[Resolution], dict[str, Any]]:
    """A resolution in the form in which the two sides are compared."""
    return resolution_form


@pytest.fixture(scope="session")
def oracle(wasm_tools: str) -> Callable[..., dict[str, Any]]:
    """What wasm-tools says of a WIT file or folder, in the same form."""

    def ask(path: Path, *flags: str) -> dict[str, Any]:
        command = [wasm_tools, "component", "wit", "--json", *flags, str(path)]
        answer = subprocess.run(command, capture_output=True, check=True, timeout=60)
        return Oracle(json.loads(answer.stdout)).form()

    return ask


@pytest.fixture(scope="session")
def files() -> Path:
    """The WIT files of these tests."""
    return FILES
