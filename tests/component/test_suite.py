"""The official component suite's scripts that need no async, run from end to end."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.errors import WasmError

pytestmark = pytest.mark.suite

SCRIPTS = [
    "linking/link-time-virtualization",
    "linking/shared-everything-dynamic-linking",
    "linking/tags",
    "linking/unit",
    "resources/borrows",
    "resources/handle-table",
    "resources/multiple-resources",
    "values/alignment",
    "values/concat",
    "values/numerics",
    "values/realloc",
    "values/strings",
    "values/transcode",
]


def value_of(written: dict[str, Any]) -> Any:
    """A value from the script's JSON."""
    kind, value = written["type"], written.get("value")
    if kind in ("f32", "f64"):
        pack, unpack = ("<I", "<f") if kind == "f32" else ("<Q", "<d")
        return struct.unpack(unpack, struct.pack(pack, int(value)))[0]
    if kind in ("list", "tuple"):
        items = [value_of(item) for item in value]
        return tuple(items) if kind == "tuple" else items
    if kind == "record":
        return {name: value_of(item) for name, item in value}
    if kind == "variant":
        payload = value.get("payload")
        return Variant(value["case"], None if payload is None else value_of(payload))
    return _simple(kind, value)


def _simple(kind: str, value: Any) -> Any:
    if kind == "option":
        return None if value is None else value_of(value)
    if kind == "result":
        [(case, payload)] = value.items()
        return (Ok if case == "Ok" else Err)(None if payload is None else value_of(payload))
    if kind == "flags":
        return frozenset(value)
    if kind == "bool":
        return value in (True, "true")
    if kind[0] in "us" and kind[1:].isdigit():
        return int(value)
    assert kind in ("string", "char", "enum"), kind
    return value


class Script:
    """A script being run: the components and instances that it has named so far."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.definitions: dict[str | None, Component] = {}
        self.instances: dict[str | None, ComponentInstance] = {}

    def run(self, command: dict[str, Any]) -> None:
        kind = command["type"]
        if kind in ("module", "module_definition"):
            component = Component.from_binary(command["data"])
            self.definitions[command.get("name")] = component
            if kind == "module":
                self.instances[None] = self.linker.instantiate(component)
                self.instances[command.get("name")] = self.instances[None]
        elif kind == "module_instance":
            instance = self.linker.instantiate(self.definitions[command["module"]])
            self.instances[None] = self.instances[command["instance"]] = instance
        elif kind == "assert_return":
            expected = [value_of(item) for item in command["expected"]]
            result = self.invoke(command["action"])
            assert ([] if result is None else [result]) == expected
        else:
            with pytest.raises(WasmError) as caught:
                self.fail(command)
            text = command["text"].removeprefix("wasm trap: ")
            assert text in str(caught.value)

    def fail(self, command: dict[str, Any]) -> None:
        if command["type"] == "assert_trap":
            self.invoke(command["action"])
        else:
            assert command["type"] in ("assert_invalid", "assert_malformed"), command["type"]
            self.linker.instantiate(Component.from_binary(command["data"]))

    def invoke(self, action: dict[str, Any]) -> Any:
        instance = self.instances[action.get("module")]
        arguments = [value_of(item) for item in action.get("args", [])]
        return instance.function(action["field"]).call(*arguments)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_runs(script: str, suite_commands: Any, linker: Linker) -> None:
    run = Script(linker)
    for command in suite_commands(script):
        try:
            run.run(command)
        except Exception as error:
            error.add_note(f"{script}.wast:{command['line']}")
            raise
