"""Component types written as WIT and read again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component import types as t
from pywasm_rt.component.component import Component
from pywasm_rt.component.wit import (
    Interface,
    Resolution,
    World,
    describe,
    load,
    parse,
    print_wit,
    resolve,
)

Form = Callable[[Resolution], dict[str, Any]]


def component_type(world: World) -> t.ComponentType:
    """A component type with what the world has."""

    def externs(side: dict[str, Any]) -> dict[str, Any]:
        return {
            name: item.instance_type()
            if isinstance(item, Interface)
            else item
            if isinstance(item, t.FunctionType)
            else t.TypeDefinition(item.type)
            for name, item in side.items()
        }

    return t.ComponentType(externs(world.imports), externs(world.exports))


def assert_comes_back(resolution: Resolution, world: World, form: Form) -> None:
    text = print_wit(describe(component_type(world), world.name))
    again = form(resolve([parse(text)]))["root:component"][1][world.name]
    expected = form(resolution)[str(world.package)][1][world.name]
    assert again == expected


@pytest.mark.parametrize("name", ["library", "program", "other"])
def test_own_worlds_come_back(name: str, files: Path, form: Form) -> None:
    resolution = load(files / "everything.wit")
    assert_comes_back(resolution, resolution.world(name), form)


@pytest.mark.guests
def test_wasi_worlds_come_back(wasi_packages: Path, tmp_path: Path, form: Form) -> None:
    deps = tmp_path / "deps"
    deps.symlink_to(wasi_packages / "0.2.12")
    (tmp_path / "root.wit").write_text("package tests:root;")
    resolution = load(tmp_path)
    worlds = [it for package in resolution.packages.values() for it in package.worlds.values()]
    assert len(worlds) >= 8
    for world in worlds:
        assert_comes_back(resolution, world, form)


def test_types_without_a_name_get_one() -> None:
    point = t.RecordType((("x", t.U8),))
    other = t.EnumType(("a", "b"), "choice")
    type = t.FunctionType((("p", t.ListType(point)), ("q", point)), other)
    text = print_wit(describe(t.ComponentType({}, {"f": type})))
    assert "record unnamed {" in text
    assert "enum choice {" in text
    assert "export f: func(p: list<unnamed>, q: unnamed) -> choice;" in text
    assert resolve([parse(text)]).world().exports["f"] == type


def test_what_wit_has_no_words_for_is_told() -> None:
    module = t.ModuleType({}, {})
    text = print_wit(describe(t.ComponentType({"m": module}, {})))
    assert "/// It also imports m, which WIT cannot describe.\nworld root {" in text


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_random_signatures_come_back(types: Any, data: Any) -> None:
    parts = data.draw(st.lists(types, min_size=1, max_size=4))
    parameters = tuple((f"p{index}", part) for index, part in enumerate(parts[1:]))
    type = t.FunctionType(parameters, parts[0])
    text = print_wit(describe(t.ComponentType({}, {"run": type})))
    assert resolve([parse(text)]).world().exports["run"] == type


def test_component_is_described_as_wasm_tools_does(
    files: Path, tmp_path: Path, wasm_tools: str, oracle: Callable[..., dict[str, Any]]
) -> None:
    core, binary, text = tmp_path / "core.wasm", tmp_path / "till.wasm", tmp_path / "till.wit"
    command = [wasm_tools, "component", "embed", "--dummy", "-w", "till", "-o", str(core)]
    subprocess.run([*command, str(files / "shop")], check=True, timeout=60)
    subprocess.run(
        [wasm_tools, "component", "new", str(core), "-o", str(binary)], check=True, timeout=60
    )
    component = Component.from_file(binary)
    text.write_text(print_wit(describe(t.ComponentType(component.imports, component.exports))))
    assert oracle(text) == oracle(binary)
